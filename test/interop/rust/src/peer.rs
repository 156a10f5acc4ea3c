//! Sessions of the original, by name.

use crate::{base64, text, utf8, Answer};
use m2m::protocol::{Capabilities, Message, Session};
use serde_json::{json, Value};
use std::collections::HashMap;

fn said<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

fn message_of(request: &Value) -> Result<Message, String> {
    Message::from_json(text(request, "message")?).map_err(said)
}

fn sent(message: &Message) -> Answer {
    Ok(json!({ "message": message.to_json().map_err(said)? }))
}

#[derive(Default)]
pub struct Peers {
    sessions: HashMap<String, Session>,
}

impl Peers {
    pub fn answer(&mut self, request: &Value) -> Answer {
        let name = text(request, "name")?.to_string();
        let verb = text(request, "verb")?;
        if verb == "new" {
            let capabilities = match &request["capabilities"] {
                Value::Null => Capabilities::default(),
                given => serde_json::from_value(given.clone()).map_err(said)?,
            };
            self.sessions.insert(name, Session::new(capabilities));
            return Ok(json!({}));
        }
        let session = self
            .sessions
            .get_mut(&name)
            .ok_or("name: no such session")?;
        match verb {
            "hello" => sent(&session.create_hello()),
            "close" => sent(&session.close()),
            "send" => sent(&session.compress(&utf8(request, "data")?).map_err(said)?),
            "open" => Ok(base64(
                session
                    .decompress(&message_of(request)?)
                    .map_err(said)?
                    .as_bytes(),
            )),
            "receive" => match session
                .process_message(&message_of(request)?)
                .map_err(said)?
            {
                Some(reply) => sent(&reply),
                None => Ok(json!({ "message": null })),
            },
            "state" => Ok(json!({
                "id": session.id(), "state": format!("{:?}", session.state()),
                "algorithm": session.algorithm().map(|a| a.name()),
                "encoding": session.encoding().map(|e| format!("{e:?}")),
            })),
            other => Err(format!("verb: unknown {other}")),
        }
    }
}
