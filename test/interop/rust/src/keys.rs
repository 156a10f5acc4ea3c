//! Keys derived and agreed by the original.

use crate::{hex, text, to_hex, Answer};
use m2m::codec::m2m::crypto::{
    AgentId, AgentKeyContext, KeyExchange, KeyHierarchy, KeyId, KeyMaterial, KeyPair, KeyPurpose,
    Keyring,
};
use serde_json::{json, Value};

fn said<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

fn purpose(request: &Value) -> Result<KeyPurpose, String> {
    match text(request, "purpose")? {
        "identity" => Ok(KeyPurpose::Identity),
        "encryption" => Ok(KeyPurpose::Encryption),
        "authentication" => Ok(KeyPurpose::Authentication),
        "session" => Ok(KeyPurpose::Session),
        other => Err(format!("purpose: unknown {other}")),
    }
}

fn agent(request: &Value, field: &str) -> Result<AgentId, String> {
    AgentId::try_new(text(request, field)?).map_err(said)
}

pub fn derive(request: &Value) -> Answer {
    let master = KeyMaterial::new(hex(request, "master")?);
    let path = text(request, "path")?;
    let key = match path {
        "raw" => {
            let length = request["length"].as_u64().unwrap_or(32) as usize;
            master
                .derive(text(request, "info")?.as_bytes(), length)
                .map_err(said)?
        }
        "keyring" => {
            let mut ring = Keyring::new();
            ring.add_key(KeyId::new("only"), master);
            ring.set_default(KeyId::new("only")).map_err(said)?;
            ring.derive_session_key(text(request, "context")?, text(request, "session")?)
                .map_err(said)?
        }
        _ => {
            let tree = KeyHierarchy::try_new(master, text(request, "org")?).map_err(said)?;
            in_tree(&tree, path, request)?
        }
    };
    Ok(json!({ "key": to_hex(key.as_bytes()) }))
}

fn in_tree(tree: &KeyHierarchy, path: &str, request: &Value) -> Result<KeyMaterial, String> {
    let context = || AgentKeyContext::from_hierarchy(tree, agent(request, "agent")?).map_err(said);
    match path {
        "org" => tree.derive_org_key(),
        "shared" => tree.derive_shared_key(),
        "agent" => tree.derive_agent_key(&agent(request, "agent")?),
        "purpose" => {
            tree.derive_agent_key_for_purpose(&agent(request, "agent")?, purpose(request)?)
        }
        "session" => tree.derive_session_key(
            &agent(request, "agent")?,
            &agent(request, "peer")?,
            text(request, "session")?,
        ),
        "context-purpose" => context()?.derive_key(purpose(request)?),
        "context-session" => {
            context()?.derive_session_key(&agent(request, "peer")?, text(request, "session")?)
        }
        other => return Err(format!("path: unknown {other}")),
    }
    .map_err(said)
}

/// X25519 of `secret` with the public key of `peer_secret`. The crate keeps the type of a foreign public key to itself,
/// so the peer's secret is what a caller outside of the crate can give; both public keys are answered.
pub fn exchange(request: &Value) -> Answer {
    let pair = |field: &str| -> Result<KeyPair, String> {
        let secret: [u8; 32] = hex(request, field)?
            .try_into()
            .map_err(|_| format!("{field}: expected 32 bytes"))?;
        Ok(KeyPair::from_secret(secret))
    };
    let peer = pair("peer_secret")?;
    let mut exchange = KeyExchange::with_key_pair(pair("secret")?);
    let public = to_hex(exchange.public_key().as_bytes());
    exchange.set_peer_public(peer.public_key().clone());
    let shared = exchange.shared_secret().map(|key| to_hex(key.as_bytes()));
    let key = exchange
        .derive_session_key(text(request, "context")?)
        .map(|key| to_hex(key.as_bytes()));
    Ok(
        json!({ "public": public, "peer_public": to_hex(peer.public_key().as_bytes()), "shared": shared, "key": key }),
    )
}
