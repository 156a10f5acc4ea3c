//! The original implementation behind one line of JSON in, one line of JSON out, so that a test can ask it anything.
//!
//! {"op":"encode","format":"m2m","form":"text","data":"<base64>"}  →  {"ok":true,"data":"<base64>"}
//!                                                                 or {"ok":false,"error":"…","panicked":false}

mod codec;
mod keys;
mod peer;

use base64::{engine::general_purpose::STANDARD, Engine};
use serde_json::{json, Value};
use std::io::{BufRead, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};

pub type Answer = Result<Value, String>;

/// The text of a field, or an error that names it.
pub fn text<'a>(request: &'a Value, field: &str) -> Result<&'a str, String> {
    request[field]
        .as_str()
        .ok_or_else(|| format!("{field}: expected a string"))
}

/// The bytes of a base64 field.
pub fn bytes(request: &Value, field: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text(request, field)?)
        .map_err(|e| format!("{field}: {e}"))
}

/// The UTF-8 text of a base64 field.
pub fn utf8(request: &Value, field: &str) -> Result<String, String> {
    String::from_utf8(bytes(request, field)?).map_err(|e| format!("{field}: {e}"))
}

/// The bytes of a field in hex.
pub fn hex(request: &Value, field: &str) -> Result<Vec<u8>, String> {
    let digits = text(request, field)?;
    if digits.len() % 2 != 0 || !digits.is_ascii() {
        return Err(format!("{field}: expected pairs of hex digits"));
    }
    (0..digits.len() / 2)
        .map(|i| {
            u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).map_err(|e| format!("{field}: {e}"))
        })
        .collect()
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn base64(bytes: &[u8]) -> Value {
    json!({ "data": STANDARD.encode(bytes) })
}

fn answer(request: &Value, peers: &mut peer::Peers) -> Answer {
    match text(request, "op")? {
        "version" => Ok(json!({ "crate": m2m::VERSION, "protocol": m2m::PROTOCOL_VERSION })),
        "encode" => codec::encode(request),
        "decode" => codec::decode(request),
        "frame" => codec::frame(request),
        "detect" => codec::detect(request),
        "auto" => codec::auto(request),
        "varint" => codec::varint(request),
        "cost" => codec::cost(request),
        "sse" => codec::sse(request),
        "derive" => keys::derive(request),
        "exchange" => keys::exchange(request),
        "session" => peers.answer(request),
        other => Err(format!("op: unknown {other}")),
    }
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut peers = peer::Peers::default();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let outcome = serde_json::from_str::<Value>(&line)
            .map_err(|e| e.to_string())
            .and_then(|request| {
                catch_unwind(AssertUnwindSafe(|| answer(&request, &mut peers)))
                    .unwrap_or_else(|_| Err("panicked".to_string()))
            });
        let reply = match outcome {
            Ok(Value::Object(mut fields)) => {
                fields.insert("ok".to_string(), Value::Bool(true));
                Value::Object(fields)
            }
            Ok(other) => json!({ "ok": true, "value": other }),
            Err(error) => json!({ "ok": false, "panicked": error == "panicked", "error": error }),
        };
        if writeln!(out, "{reply}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}
