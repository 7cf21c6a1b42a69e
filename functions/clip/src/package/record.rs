//! `record.html`, the page 社外提出記録: what was handed out, under what, and room for the receipt. A4, no script, nothing
//! from elsewhere.

use policy::Language;
use policy::case::release::Release;
use policy::case::{Case, CaseText};
use policy::rulebook::Rulebook;
use policy::words::Label;

use super::manifest::{Manifest, ManifestPart};

const STYLE: &str = include_str!("record.css");

/// What the page says.
pub(super) struct Record<'a> {
    pub(super) release: &'a Release,
    pub(super) case: &'a Case,
    pub(super) rulebook: &'a Rulebook,
    pub(super) manifest: &'a Manifest,
    pub(super) manifest_sha256: &'a str,
    /// Whether the custody goes with it.
    pub(super) has_custody: bool,
}

impl Record<'_> {
    /// The page.
    pub(super) fn page(&self) -> String {
        let release = self.release;
        let basis = both(release.basis);
        let text = |text: Option<&str>| text.map_or_else(|| "—".to_owned(), escape);
        let reference = text(release.reference.as_ref().map(CaseText::expose));
        let basis_date = release.basis_date.map_or_else(|| "—".to_owned(), |date| date.to_string());
        let approved = release.approved.as_ref().map_or_else(|| "—".to_owned(), |step| self.role_of(&step.by));
        let rows = [
            ("提出番号", "Release", escape(release.id.as_str())),
            ("案件番号", "Case", escape(self.case.view.id.as_str())),
            ("提出元", "Company", escape(&self.rulebook.company)),
            ("提出先", "Recipient", escape(release.recipient.expose())),
            ("根拠", "Basis", basis),
            ("照会番号等", "Reference", reference),
            ("照会等の日付", "Date of the basis", basis_date),
            ("提出の理由", "Reason", escape(release.reason.expose())),
            ("申請者の役割", "Requested by", self.role_of(&release.requested.by)),
            ("承認者の役割", "Approved by", approved),
            ("作成日時", "Made at", escape(&self.manifest.made_at)),
        ];
        let facts: String = rows
            .iter()
            .map(|(japanese, english, value)| {
                format!("<tr><th scope=\"row\">{japanese}<small>{english}</small></th><td>{value}</td></tr>\n")
            })
            .collect();
        let parts: String = self.manifest.parts.iter().map(part_table).collect();
        let custody = if self.has_custody {
            "取扱履歴は custody.json に収めています(氏名は含みません)。<small>The custody is in custody.json, without names.</small>"
        } else {
            "取扱履歴は含みません。<small>The custody is not included.</small>"
        };
        format!(
            "<!doctype html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>社外提出記録 {number}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>社外提出記録<small lang=\"en\">Record of a release</small></h1>\n\
             <table class=\"facts\">\n{facts}</table>\n\
             <h2>提出した録音<small lang=\"en\">Recordings</small></h2>\n{parts}\
             <p class=\"note\">各ファイルの SHA-256 は manifest.json にも記載しています。manifest.json の SHA-256: \
             <code>{manifest}</code></p>\n<p class=\"note\">{custody}</p>\n\
             <section class=\"receipt\">\n<h2>受領欄<small lang=\"en\">Receipt</small></h2>\n\
             <p>上記の録音を受領しました。<small lang=\"en\">The recordings above were received.</small></p>\n\
             <table>\n<tr><th scope=\"row\">受領日<small>Date</small></th><td></td></tr>\n\
             <tr><th scope=\"row\">所属<small>Organisation</small></th><td></td></tr>\n\
             <tr><th scope=\"row\">氏名・署名又は押印<small>Name, signature or seal</small></th><td class=\"tall\"></td></tr>\n\
             </table>\n</section>\n</main>\n</body>\n</html>\n",
            number = escape(release.id.as_str()),
            manifest = escape(self.manifest_sha256),
        )
    }

    /// QUIET: the role that a member had on the day, never a name.
    fn role_of(&self, member: &str) -> String {
        let day = self.rulebook.day_of(self.release.requested.at);
        self.rulebook.post_by_id(member, day).map_or_else(|| "—".to_owned(), |post| both(post.role))
    }
}

/// What is said of one part.
fn part_table(part: &ManifestPart) -> String {
    let end = part.to_milliseconds.map_or_else(|| "末尾 end".to_owned(), clock);
    let muted = match part.muted_milliseconds.as_slice() {
        [] => "なし none".to_owned(),
        ranges => {
            ranges.iter().map(|(from, to)| format!("{}–{}", clock(*from), clock(*to))).collect::<Vec<_>>().join(", ")
        }
    };
    let transcript = part.transcript.as_ref().map_or_else(String::new, |name| {
        format!("<tr><th scope=\"row\">反訳<small>Transcript</small></th><td><code>{}</code></td></tr>\n", escape(name))
    });
    format!(
        "<table class=\"part\">\n\
         <tr><th scope=\"row\">ファイル<small>File</small></th><td><code>{file}</code> ({length}, {size} bytes)</td></tr>\n\
         <tr><th scope=\"row\">通話の開始<small>Call began</small></th><td>{began}</td></tr>\n\
         <tr><th scope=\"row\">区間<small>Part</small></th><td>{from}–{end}</td></tr>\n\
         <tr><th scope=\"row\">消音<small>Silenced</small></th><td>{muted}</td></tr>\n{transcript}\
         <tr><th scope=\"row\">SHA-256</th><td><code>{sha256}</code></td></tr>\n\
         <tr><th scope=\"row\">元の録音の SHA-256<small>of the whole recording</small></th><td><code>{original}</code></td></tr>\n\
         </table>\n",
        file = escape(&part.file),
        length = clock(part.duration_milliseconds),
        size = part.size_bytes,
        began = escape(&part.call_started_at),
        from = clock(part.from_milliseconds),
        sha256 = escape(&part.sha256),
        original = escape(&part.original_sha256),
    )
}

/// A label in both languages.
fn both(word: impl Label + Copy) -> String {
    format!(
        "{}<small lang=\"en\">{}</small>",
        escape(word.label(Language::Japanese)),
        escape(word.label(Language::English))
    )
}

/// `1:02:03.5` of milliseconds.
fn clock(milliseconds: u64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    format!("{}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A text as HTML shows it, line by line.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push_str("<br>"),
            other if other.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_text_and_nothing_else() {
        assert_eq!(
            escape("<script>'a' & \"b\"</script>\n\u{7}x"),
            "&lt;script&gt;&#39;a&#39; &amp; &quot;b&quot;&lt;/script&gt;<br> x"
        );
    }

    #[test]
    fn a_moment_of_a_recording_is_shown_as_a_clock() {
        assert_eq!((clock(0).as_str(), clock(3_723_500).as_str()), ("0:00:00", "1:02:03.500"));
    }
}
