//! Every wire format that the crate still has, in each form that it has.

use crate::{base64, bytes, hex, text, to_hex, utf8, Answer};
use m2m::codec::m2m::crypto::{KeyMaterial, SecurityContext};
use m2m::codec::m2m::{estimate_cost, read_varint, write_varint, M2MCodec, M2MFrame, SecurityMode};
use m2m::codec::{
    detect_algorithm, BrotliCodec, CodecEngine, DictionaryCodec, M3Codec, StreamingCodec,
    StreamingDecompressor, TokenCodec, TokenNativeCodec,
};
use m2m::models::Encoding;
use serde_json::{json, Value};

fn said<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

fn tokenizer(request: &Value) -> Result<Encoding, String> {
    match request["tokenizer"].as_str() {
        None | Some("C") => Ok(Encoding::Cl100kBase),
        Some("O") => Ok(Encoding::O200kBase),
        Some("L") => Ok(Encoding::LlamaBpe),
        Some(other) => Err(format!("tokenizer: unknown {other}")),
    }
}

fn security(request: &Value) -> Result<SecurityMode, String> {
    match request["security"].as_str() {
        None | Some("none") => Ok(SecurityMode::None),
        Some("hmac") => Ok(SecurityMode::Hmac),
        Some("aead") => Ok(SecurityMode::Aead),
        Some(other) => Err(format!("security: unknown {other}")),
    }
}

fn context(request: &Value) -> Result<SecurityContext, String> {
    Ok(SecurityContext::new(KeyMaterial::new(hex(request, "key")?)))
}

fn binary(request: &Value) -> bool {
    request["form"] == "binary"
}

/// The frame of a body; `kind` overrides what `M2MCodec::encode` would choose.
fn frame_of(body: &str, request: &Value) -> Result<M2MFrame, String> {
    let kind = match request["kind"].as_str() {
        Some(kind) => kind.to_string(),
        None => {
            let wire = M2MCodec::new().encode(body).map_err(said)?;
            if wire[9] == 2 { "response" } else { "request" }.to_string()
        }
    };
    if kind == "response" {
        M2MFrame::new_response(body)
    } else {
        M2MFrame::new_request(body)
    }
    .map_err(said)
}

fn encode_m2m(body: &str, request: &Value) -> Result<Vec<u8>, String> {
    let mode = security(request)?;
    if mode == SecurityMode::None && request["kind"].is_null() {
        let codec = M2MCodec::new();
        return if binary(request) {
            codec.encode(body)
        } else {
            codec.encode_string(body).map(String::into_bytes)
        }
        .map_err(said);
    }
    let frame = frame_of(body, request)?;
    if mode == SecurityMode::None {
        return if binary(request) {
            frame.encode()
        } else {
            frame.encode_string().map(String::into_bytes)
        }
        .map_err(said);
    }
    let mut keys = context(request)?;
    if binary(request) {
        frame.encode_secure(mode, &mut keys).map_err(said)
    } else {
        frame
            .encode_secure_string(mode, &mut keys)
            .map(String::into_bytes)
            .map_err(said)
    }
}

/// The deprecated codecs are asked too: the formats exist on wires, whatever the crate recommends today.
#[allow(deprecated)]
pub fn encode(request: &Value) -> Answer {
    let body = utf8(request, "data")?;
    let wire = match text(request, "format")? {
        "token-native" => {
            let codec = TokenNativeCodec::new(tokenizer(request)?);
            if binary(request) {
                codec.compress_binary(&body)
            } else {
                codec.compress(&body).map_err(said)?.data.into_bytes()
            }
        }
        "brotli" if binary(request) => BrotliCodec::new()
            .compress_bytes(body.as_bytes())
            .map_err(said)?,
        "brotli" => BrotliCodec::new()
            .compress(&body)
            .map_err(said)?
            .data
            .into_bytes(),
        "m2m" => encode_m2m(&body, request)?,
        "t1" => {
            let value: Value = serde_json::from_str(&body).map_err(said)?;
            TokenCodec::new()
                .compress(&value)
                .map_err(said)?
                .0
                .into_bytes()
        }
        "m3" if binary(request) => {
            let codec = M3Codec::new();
            codec
                .encode_request(&codec.from_json(&body).map_err(said)?)
                .map_err(said)?
        }
        "m3" => M3Codec::new().compress(&body).map_err(said)?.0.into_bytes(),
        "dictionary" => DictionaryCodec::new()
            .compress(&body)
            .map_err(said)?
            .0
            .into_bytes(),
        other => return Err(format!("format: unknown {other}")),
    };
    Ok(base64(&wire))
}

fn decode_m2m(request: &Value) -> Result<M2MFrame, String> {
    // `plain` asks for the reader that never looks at the security byte.
    let plain = request["key"].is_null();
    if binary(request) {
        let wire = bytes(request, "data")?;
        return if plain {
            M2MFrame::decode(&wire)
        } else {
            M2MFrame::decode_secure(&wire, &context(request)?)
        }
        .map_err(said);
    }
    let wire = utf8(request, "data")?;
    if plain {
        M2MFrame::decode_string(&wire)
    } else {
        M2MFrame::decode_secure_string(&wire, &context(request)?)
    }
    .map_err(said)
}

pub fn decode(request: &Value) -> Answer {
    let body = match text(request, "format")? {
        "token-native" if binary(request) => {
            TokenNativeCodec::decompress_binary(&bytes(request, "data")?).map_err(said)?
        }
        "token-native" => TokenNativeCodec::default()
            .decompress(&utf8(request, "data")?)
            .map_err(said)?,
        "brotli" if binary(request) => {
            let plain = BrotliCodec::new()
                .decompress_bytes(&bytes(request, "data")?)
                .map_err(said)?;
            return Ok(base64(&plain));
        }
        "brotli" => BrotliCodec::new()
            .decompress(&utf8(request, "data")?)
            .map_err(said)?,
        "m2m" => decode_m2m(request)?.payload,
        "t1" => TokenCodec::new()
            .decompress(&utf8(request, "data")?)
            .map_err(said)?
            .to_string(),
        "m3" if binary(request) => {
            let codec = M3Codec::new();
            codec.to_json(
                &codec
                    .decode_request(&bytes(request, "data")?)
                    .map_err(said)?,
            )
        }
        "m3" => M3Codec::new()
            .decompress(&utf8(request, "data")?)
            .map_err(said)?,
        "dictionary" => DictionaryCodec::new()
            .decompress(&utf8(request, "data")?)
            .map_err(said)?,
        "engine" => CodecEngine::new()
            .decompress(&utf8(request, "data")?)
            .map_err(said)?,
        other => return Err(format!("format: unknown {other}")),
    };
    Ok(base64(body.as_bytes()))
}

/// The headers as the original reads them out of a frame.
pub fn frame(request: &Value) -> Answer {
    let frame = decode_m2m(request)?;
    let routing = frame.routing.as_ref().map(|r| {
        json!({
            "model": r.model, "msg_count": r.msg_count, "content_hint": r.content_hint, "max_tokens": r.max_tokens,
            "roles": r.roles.iter().map(|role| format!("{role:?}")).collect::<Vec<_>>(),
            "cost": r.est_cost_usd.map(|cost| to_hex(&cost.to_le_bytes())),
        })
    });
    let response = frame.response.as_ref().map(|r| {
        json!({
            "id": r.id, "model": r.model, "finish": r.finish_reason.as_str(), "prompt_tokens": r.prompt_tokens,
            "completion_tokens": r.completion_tokens, "cached_tokens": r.cached_tokens,
            "reasoning_tokens": r.reasoning_tokens, "cost": r.est_cost_usd.map(|cost| to_hex(&cost.to_le_bytes())),
        })
    });
    Ok(json!({
        "header_len": frame.fixed.header_len, "schema": frame.fixed.schema.as_byte(),
        "security": frame.fixed.security.as_byte(), "flags": to_hex(&frame.fixed.to_bytes()[4..8]),
        "crc32": format!("{:08x}", frame.checksum), "routing": routing, "response": response,
    }))
}

pub fn detect(request: &Value) -> Answer {
    Ok(json!({ "format": detect_algorithm(&utf8(request, "data")?).map(|found| found.name()) }))
}

/// What the original's own heuristic chooses, and the wire it makes.
pub fn auto(request: &Value) -> Answer {
    let (result, algorithm) = CodecEngine::new()
        .compress_auto(&utf8(request, "data")?)
        .map_err(said)?;
    let mut fields = base64(result.data.as_bytes());
    fields["format"] = json!(algorithm.name());
    Ok(fields)
}

/// `value` in decimal (a string, as JSON numbers end at 2^53) to hex, or hex to `value`.
pub fn varint(request: &Value) -> Answer {
    if request["hex"].is_string() {
        let wire = hex(request, "hex")?;
        let value = read_varint(&mut wire.as_slice()).map_err(said)?;
        return Ok(json!({ "value": value.to_string() }));
    }
    let mut out = Vec::new();
    write_varint(&mut out, text(request, "value")?.parse().map_err(said)?).map_err(said)?;
    Ok(json!({ "hex": to_hex(&out) }))
}

pub fn cost(request: &Value) -> Answer {
    let count = |field: &str| request[field].as_u64().unwrap_or(0) as u32;
    let cost = estimate_cost(
        text(request, "model")?,
        count("prompt"),
        count("completion"),
    );
    Ok(json!({ "cost": to_hex(&cost.to_le_bytes()) }))
}

/// One chunk of an event stream, packed (`mode` tokens or keys) or, with `unpack`, opened.
pub fn sse(request: &Value) -> Answer {
    let chunk = bytes(request, "data")?;
    if request["unpack"] == true {
        let mut codec = StreamingDecompressor::with_encoding(tokenizer(request)?);
        return Ok(base64(&codec.decompress_chunk(&chunk).map_err(said)?));
    }
    let mut codec = match request["mode"].as_str() {
        Some("tokens") => StreamingCodec::token_native(tokenizer(request)?),
        Some("keys") => StreamingCodec::new(),
        Some("plain") => StreamingCodec::passthrough(),
        _ => return Err("mode: expected tokens, keys or plain".to_string()),
    };
    let events = codec.process_chunk(&chunk).map_err(said)?;
    Ok(base64(&events.concat()))
}
