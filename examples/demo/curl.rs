//! A request as a `curl` line that a shell takes as it is.

use http::Request;

/// # Errors
///
/// The body or a header is not text.
pub(crate) fn curl_line(request: &Request<Vec<u8>>) -> Result<String, &'static str> {
    let mut line = "curl -i".to_owned();
    if request.method() != "POST" {
        line += &format!(" -X {}", quoted(request.method().as_str()));
    }
    line += &format!(" {}", quoted(&request.uri().to_string()));
    for (name, value) in request.headers() {
        let value = std::str::from_utf8(value.as_bytes()).map_err(|_| "a header is not UTF-8")?;
        line += &format!(" -H {}", quoted(&format!("{name}: {value}")));
    }
    let body = std::str::from_utf8(request.body()).map_err(|_| "the body is not UTF-8")?;
    // `--data` would take a body that begins with `@` as the name of a file.
    Ok(format!("{line} --data-raw {}", quoted(body)))
}

/// As one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
