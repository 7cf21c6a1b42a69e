//! The faults of a rulebook in Japanese, for whoever fills it in.

use super::check::{Fault, FaultCode};

impl Fault {
    /// Its reason and its mend in Japanese. The names that the English reason has between backticks come first.
    pub fn in_japanese(&self) -> (String, &'static str) {
        let (reason, mend) = self.code.in_japanese();
        let names: Vec<&str> = self.reason.split('`').skip(1).step_by(2).collect();
        let reason =
            if names.is_empty() { reason.to_owned() } else { format!("「{}」: {reason}", names.join("」「")) };
        (reason, mend)
    }
}

impl FaultCode {
    /// What it means, and what to do about it.
    fn in_japanese(self) -> (&'static str, &'static str) {
        match self {
            Self::Syntax => (
                "TOMLの書き方になっていません。",
                "製品に付いている説明入りの policy.toml と見比べてください。文字は引用符で囲み、「名前 = 値」を1行に1つ書きます。",
            ),
            Self::NotText => (
                "文字コードの違いで、文字が失われているか、CSVとして読めません。",
                "「CSV UTF-8」で保存し直して、もう一度登録してください。",
            ),
            Self::TooLong => ("長すぎます。", "短くしてください。"),
            Self::TooMany => ("数が多すぎます。", "同じ内容のものをまとめるか、いくつか取り除いてください。"),
            Self::UnknownKey => {
                ("ここでは意味のない名前です。", "取り除くか、説明入りのひな形にある名前に直してください。")
            }
            Self::MissingKey => ("必要な項目がありません。", "説明入りのひな形を見て、書き足してください。"),
            Self::ColumnTwice => ("同じ列が2つあります。", "どちらか1つだけを残してください。"),
            Self::RowTooLong => (
                "見出しより多くの欄がある行です。",
                "カンマを含む欄は引用符で囲み、いくつもの番号や部署は ; で区切ってください。",
            ),
            Self::EmptyCell => ("空欄にできない欄です。", "書き入れてください。"),
            Self::WrongType => (
                "値の書き方が違います。",
                "文字は引用符で囲み、数と true / false は囲みません。かっこの数もひな形と見比べてください。",
            ),
            Self::NoText => ("空か、改行などの使えない文字があります。", "1行の文字で書くか、取り除いてください。"),
            Self::UnknownWord => {
                ("決められた言葉のどれでもありません。", "ひな形の説明にある言葉から選んで書いてください。")
            }
            Self::OutOfRange => ("決められた範囲の数ではありません。", "ひな形の説明にある範囲の数を書いてください。"),
            Self::NotADay => {
                ("日付として読めません。", "2026-04-01 か 2026/4/1 のように、年・月・日を書いてください。")
            }
            Self::UntilBeforeFrom => (
                "最後の日が、最初の日より前です。",
                "until には最後の日（その日を含む）を、from と同じ日か後の日で書いてください。",
            ),
            Self::NotANumber => {
                ("電話番号として読めません。", "かけるときのとおりに、または + と国番号から書いてください。")
            }
            Self::LostZero => (
                "番号の先頭の 0 が失われているようです。",
                "090-… のようにハイフンを入れて書くと、表計算ソフトでも 0 が消えません。",
            ),
            Self::CompanyUndecided => {
                ("会社のことが決まっていません。", "[company] に name・time_zone・country を書いてください。")
            }
            Self::PurposeUndecided => {
                ("何のために録音を残すかが決まっていません。", "[purpose] に default = \"evidence\" と書いてください。")
            }
            Self::PeriodUndecided => (
                "録音をいつまで残すかが決まっていません。",
                "[[retention]] に class = \"standard\" と keep_days = 30 のように書いてください。",
            ),
            Self::PermissionUndecided => (
                "だれが録音を聞けるかが決まっていません。",
                "[access] に staff = \"none\" と manager_download = false を書いてください。",
            ),
            Self::UnknownZone => ("その名前の時間帯はありません。", "日本なら \"Asia/Tokyo\" と書いてください。"),
            Self::NotACountry => {
                ("国の記号ではありません。", "日本なら country = \"JP\" と、大文字2つで書いてください。")
            }
            Self::PurposeTwice => ("同じ目的が2回書かれています。", "目的は1回ずつ書いてください。"),
            Self::QualityUndecided => (
                "quality（応対品質）のために、だれが、いつまで聞くかが決まっていません。",
                "[quality] に keep_days と、roles か teams を書いてください。",
            ),
            Self::QualityUnused => (
                "quality（応対品質）が録音の目的に入っていないのに、その決まりがあります。",
                "[purpose] の others に \"quality\" を加えるか、[quality] を取り除いてください。",
            ),
            Self::QualityWithoutNotice => (
                "quality（応対品質）のために聞くことを、通話相手に知らせる案内がありません。",
                "[[notice]] の text でそう伝え、purposes = [\"quality\"] と書いてください。",
            ),
            Self::NeverViewed => (
                "自分の通話を聞けるのに、探せる日数が 0 です。",
                "staff_view_days を 1 以上にするか、staff = \"none\" にしてください。",
            ),
            Self::UnknownMember => {
                ("この id の人が名簿にいません。", "名簿の id と同じに書いてください。退職した人の行も名簿に残します。")
            }
            Self::HandoverToAuditor => {
                ("録音を聞かない監査の人に引き継ごうとしています。", "仕事を引き継ぐ人の id を to に書いてください。")
            }
            Self::OwnSuccessor => {
                ("引き継ぐ先をたどると、自分に戻ります。", "今ある部署、または別の人を引き継ぐ先にしてください。")
            }
            Self::SuccessorMissing => {
                ("なくなった部署を引き継ぐ部署が書かれていません。", "successor に、今ある部署を書いてください。")
            }
            Self::TeamTwice => ("同じ部署が2回なくなっています。", "引き継ぐ部署が正しいほうを1つだけ残してください。"),
            Self::TeamDissolved => {
                ("なくなった部署に、まだ人がいます。", "なくなる前の日を until に書き、次の部署の行を加えてください。")
            }
            Self::ClassReserved => (
                "「要確認」のための名前で、期間の名前には使えません。",
                "別の名前にしてください。「要確認」を残す日数は [keeping] の quarantine_days です。",
            ),
            Self::NotAClassName => {
                ("期間の名前に使えない文字があります。", "半角の英小文字・数字・-・_ で、32文字までにしてください。")
            }
            Self::ClassTwice => (
                "同じ名前の期間に、違う日数が書かれています。",
                "keep_days と retroactive を同じにするか、どちらかの名前を変えてください。",
            ),
            Self::NoRuleForAll => (
                "どの条件にも合わない通話の期間が決まりません。",
                "最後に、when を書かない [[retention]] を置いてください。",
            ),
            Self::RuleNeverReached => (
                "前に、すべての通話に当てはまる期間があるので、使われません。",
                "when を書かない [[retention]] を最後に移してください。",
            ),
            Self::UnknownTeam => {
                ("名簿に、この部署の人がいません。", "名簿の team と同じに書くか、その部署の人を名簿に加えてください。")
            }
            Self::UnknownLine => {
                ("この名前の [[line]] がありません。", "[[line]] の name と同じに書くか、[[line]] を加えてください。")
            }
            Self::LineTwice => ("同じ名前の [[line]] が前にあります。", "どちらか1つだけを残してください。"),
            Self::QueueTwice => ("同じキューの [[line]] が前にあります。", "どちらか1つだけを残してください。"),
            Self::NumberTwice => ("同じ番号の [[line]] が前にあります。", "どちらか1つだけを残してください。"),
            Self::LineWithoutTeam => (
                "通話を回線のものとするのに、その部署がありません。",
                "team を書くか、owner = \"line\" を取り除いてください。",
            ),
            Self::ManagesWithoutRole => (
                "責任者でない人に、担当する部署が書かれています。",
                "役割を manager（責任者）にするか、manages を空にしてください。",
            ),
            Self::ExtensionOverlap => (
                "同じ日に、2人が同じ内線番号を持っています。",
                "前の人の until を、次の人の from より前の日にしてください。",
            ),
            Self::NumberOverlap => (
                "同じ日に、2人が同じ会社の携帯番号を持っています。",
                "前の人の until を、次の人の from より前の日にしてください。",
            ),
            Self::LoginOverlap => (
                "同じ日に、2人が同じログイン名を持っています。このままでは、どちらも使えません。",
                "login は人ごとに違うものにしてください。",
            ),
            Self::IdOverlap => (
                "同じ日に、1つの id に2つの氏名があります。",
                "id は人ごとに違うものにし、同じ人の氏名はどの行でも同じに書いてください。",
            ),
            Self::EndMissing => {
                ("派遣・委託の人に、最後の日がありません。", "契約の最後の日を until に書いてください。")
            }
            Self::TeamWithoutManager => (
                "一般の社員がいるのに、責任者のいない日がある部署です。",
                "責任者（manager）の manages に、その部署を、社員がいる間じゅう書いてください。",
            ),
            Self::NotARegion => (
                "AWSのリージョンの名前ではありません。",
                "大阪なら region = \"ap-northeast-3\" のように書いてください。",
            ),
            Self::NotABucket => {
                ("バケットの名前に使えません。", "s3:// やフォルダを付けず、名前だけを書いてください。")
            }
            Self::BackupMissing => (
                "180日以上残すのに、写し（バックアップ）の場所が決まっていません。",
                "[backup] に region か bucket を書くか、期間を180日より短くしてください。",
            ),
            Self::NoAdmin => (
                "今日と明日の管理者がいません。次の運用ルールを、だれも登録できなくなります。",
                "1人か2人の役割を admin（管理者）にし、from を今日か前の日にしてください。",
            ),
            Self::TooManyAdmins => (
                "管理者が、決められた人数より多くいる日があります。管理者はすべてを聞き、保存できます。",
                "役割を変えるか、人数を [access] の admin_limit に書いてください。",
            ),
            Self::NotASourceName => (
                "録音元の名前に使えません。",
                "半角の英小文字・数字・-・_ で32文字までの、sidecar と object-metadata でない名前にしてください。",
            ),
            Self::NotAPrefix => (
                "置くフォルダとして使えません。",
                "/ で終わるフォルダにしてください。通話ログは calllog/ の下に、録音はそれ以外に置きます。",
            ),
            Self::SourceTwice => ("同じ名前の [[source]] が前にあります。", "録音元ごとに違う名前にしてください。"),
            Self::PrefixTwice => ("同じフォルダのものが前にあります。", "1つずつ違うフォルダにしてください。"),
            Self::UnknownSource => (
                "この名前の録音元がありません。",
                "[[source]] の name と同じに書くか、もとからある録音元の名前を書いてください。",
            ),
            Self::PrefixNested => (
                "ほかの録音元の通話ログのフォルダの中にあります。",
                "calllog/ のすぐ下に別のフォルダを作り、そこに置いてください。",
            ),
            Self::UnknownRecorder => (
                "もとからある録音元に、この名前はありません。",
                "ひな形の説明にある名前を書くか、pattern で名前の形を書いてください。",
            ),
            Self::RecorderAndPattern => (
                "recorder と、名前の形（pattern や kind）の両方が書かれています。",
                "どちらか一方だけを残してください。",
            ),
            Self::BadPattern => {
                ("名前の形（正規表現）として読めないか、大きすぎます。", "ひな形の例と見比べて直してください。")
            }
            Self::UnknownPart => (
                "名前の形に、使われない部分の名前があります。",
                "kind で使うか、(?:…) と名前を付けずに書いてください。",
            ),
            Self::MissingPart => {
                ("名前の形に、必要な部分がありません。", "(?P<名前>…) の形で、pattern に書き足してください。")
            }
            Self::UselessPattern => (
                "名前の形から、日時も通話の番号も分かりません。",
                "year・month・day・hour・minute か、call_id の部分を書いてください。",
            ),
            Self::KindTwice => ("同じ種類の [[source.kind]] が前にあります。", "どちらか1つだけを残してください。"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rulebook::check;
    use crate::rulebook::sample::{POLICY, STAFF, now};

    #[test]
    fn a_fault_is_told_in_japanese_with_the_names_it_is_about() {
        let policy = POLICY.replace("keep_days = 30", "").replace("team = \"general\"", "team = \"経理部\"");
        let faults = check(&policy, STAFF, now()).unwrap_err();
        let told: Vec<_> = faults.iter().map(Fault::in_japanese).collect();
        assert_eq!(
            told,
            [
                (
                    "「keep_days」: 録音をいつまで残すかが決まっていません。".to_owned(),
                    "[[retention]] に class = \"standard\" と keep_days = 30 のように書いてください。",
                ),
                (
                    "「経理部」: 名簿に、この部署の人がいません。".to_owned(),
                    "名簿の team と同じに書くか、その部署の人を名簿に加えてください。",
                ),
            ]
        );
        let no_purpose = check(&POLICY.replace("[purpose]\ndefault = \"evidence\"", ""), STAFF, now()).unwrap_err();
        assert_eq!(no_purpose[0].in_japanese().0, "何のために録音を残すかが決まっていません。");
    }

    #[test]
    fn a_name_with_a_backtick_in_it_garbles_nothing_but_the_names() {
        let mut fault = check(&POLICY.replace("keep_days = 30", ""), STAFF, now()).unwrap_err().remove(0);
        for reason in ["`", "``", "a`b`c`", "`a` and `b`."] {
            fault.reason = reason.to_owned();
            assert!(fault.in_japanese().0.ends_with("録音をいつまで残すかが決まっていません。"), "{reason}");
        }
        assert_eq!(fault.in_japanese().0, "「a」「b」: 録音をいつまで残すかが決まっていません。");
    }
}
