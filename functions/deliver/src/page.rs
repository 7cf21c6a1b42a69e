//! The pages: what lies here, and that nothing does.

use crate::answer::{Answer, Policies};
use crate::lookup::Found;
use crate::style::STYLE;

/// What lies here, and the button that opens it.
pub(crate) fn offer(policies: &Policies, found: &Found) -> Answer {
    let zone = found.rulebook.zone.clone();
    let until = found.expires_at.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M %Z").to_string();
    let body = format!(
        "<h1>録音の受け渡し<small lang=\"en\">Delivery of recordings</small></h1>\n\
         <p>{company} から、録音 {count} 件をまとめたファイル({size})をお渡しします。</p>\n\
         <p lang=\"en\">{company} hands you a file with {count} recording(s), {size}.</p>\n\
         <dl>\n<dt>提出番号 <span lang=\"en\">Release</span></dt><dd><code>{number}</code></dd>\n\
         <dt>期限 <span lang=\"en\">Until</span></dt><dd>{until}</dd>\n\
         <dt>SHA-256</dt><dd><code>{sha256}</code></dd>\n</dl>\n\
         <form method=\"post\"><button type=\"submit\">ダウンロード <span lang=\"en\">Download</span></button></form>\n\
         <p class=\"note\">ボタンを押すと、日時と接続元のアドレスが記録されます。</p>\n\
         <p class=\"note\" lang=\"en\">The button records the time and the address you come from.</p>\n",
        company = escape(&found.rulebook.company),
        count = found.package.parts.len(),
        size = size(found.package.size),
        number = escape(found.release.id.as_str()),
        until = escape(&until),
        sha256 = escape(&found.package.sha256),
    );
    Answer::page(policies, 200, document(&body))
}

/// Nothing lies here: never, not any more, or not yet.
pub(crate) fn absent(policies: &Policies) -> Answer {
    let body = "<h1>このリンクは使えません<small lang=\"en\">This link opens nothing</small></h1>\n\
                <p>期限が過ぎたか、取り消されたか、リンクが正しくありません。お渡しした会社にお問い合わせください。</p>\n\
                <p lang=\"en\">It has ended, was withdrawn, or is not complete. Please ask the company that gave it to you.</p>\n";
    Answer::page(policies, 404, document(body))
}

/// Something failed.
pub(crate) fn failed(policies: &Policies) -> Answer {
    let body = "<h1>ただいま開けません<small lang=\"en\">This can't be opened now</small></h1>\n\
                <p>しばらくしてから、もう一度お試しください。</p>\n<p lang=\"en\">Please try again in a moment.</p>\n";
    Answer::page(policies, 503, document(body))
}

fn document(body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex, nofollow\">\n\
         <title>録音の受け渡し Delivery of recordings</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// A length as people read it.
fn size(bytes: u64) -> String {
    const MEGABYTE: u64 = 1_000_000;
    if bytes < MEGABYTE { format!("{} kB", bytes.div_ceil(1_000)) } else { format!("{} MB", bytes.div_ceil(MEGABYTE)) }
}

/// A text as HTML shows it.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}
