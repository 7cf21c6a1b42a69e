//! The kinds of problems that any route can answer with.

problems! { pub,
    /// The token is no access token, or its bearer is not exactly one member of staff today.
    NOT_A_MEMBER: 403 "not-a-member",
        "Not a member of staff" / "ご利用の権限がありません",
        "The staff list must have exactly one member of staff with this login today. Ask an admin (管理者)."
        / "社員名簿に本日有効な登録がないか、ログイン名が重複しています。管理者にお問い合わせください。";
    /// What the caller asked for may be seen, but not done. Its `reason` says why.
    NOT_ALLOWED: 403 "not-allowed",
        "Not allowed" / "許可されていません",
        "Your role does not do this." / "あなたの役割では、この操作はできません。";
    /// There is no such recording, or it may not be viewed: one answer for both.
    NO_SUCH_RECORDING: 404 "no-such-recording",
        "No such recording" / "録音が見つかりません",
        "There is none of this id, or it is not for you." / "このIDの録音はないか、あなたには見る権限がありません。";
    /// As many holds stand as may.
    TOO_MANY_HOLDS: 409 "too-many-holds",
        "Too many holds" / "削除停止が多すぎます",
        "12 holds stand on its call already; one of them keeps it." / "この通話にはすでに12件の削除停止がかかっています。1件でも残っていれば削除されません。";
    /// There is no such link, it has ended, or its maker has left.
    NO_SUCH_LINK: 404 "no-such-link",
        "No such link" / "リンクが使えません",
        "The link has ended, or there never was one. Make another one."
        / "リンクの期限が切れているか、存在しません。もう一度作成してください。";
    /// The limit of this hour is reached.
    TOO_MANY: 429 "too-many",
        "Too many this hour" / "1時間あたりの上限に達しました",
        "The rulebook lets one person do this {limit} times an hour. Try again from {again}."
        / "運用ルールで、1人が1時間にできる回数は{limit}回までです。{again}以降に再度お試しください。";
    /// There is no such route.
    NO_SUCH_ROUTE: 404 "no-such-route",
        "No such route" / "APIの経路がありません",
        "Every path begins with /v1. GET /v1/openapi.json lists them."
        / "パスはすべて /v1 で始まります。一覧は GET /v1/openapi.json にあります。";
    /// The route has no such method.
    WRONG_METHOD: 405 "wrong-method",
        "Wrong method" / "メソッドが違います",
        "The header `Allow` has the right ones." / "使用できるメソッドは `Allow` ヘッダーにあります。";
    /// A query parameter, or a field of the body, is not what it must be.
    INVALID: 400 "invalid",
        "A parameter or a field is invalid" / "入力内容を確認してください",
        "`{parameter}` must be {constraint}." / "`{parameter}` は{constraint}にしてください。";
    /// A name that is on no list, or not one that the caller may know: one answer for both.
    UNKNOWN_NAME: 400 "unknown-name",
        "No such name" / "該当する名前がありません",
        "`{parameter}` names nothing here that you may know. The nearest are in `candidates`: {nearest}."
        / "`{parameter}` に当てはまるものがありません。近い候補: {nearest}";
    /// A query parameter that the route does not know.
    UNKNOWN_PARAMETER: 400 "unknown-parameter",
        "Unknown parameter" / "使用できない検索条件です",
        "The parameters are: {known}." / "使用できる条件: {known}";
    /// `Accept` takes neither of the formats of a list.
    NOT_ACCEPTABLE: 406 "not-acceptable",
        "Not in a form you accept" / "指定された形式では返せません",
        "Accept `application/json`, or `text/csv` (UTF-8) for a file."
        / "`Accept` に `application/json` か、ファイルなら `text/csv`(UTF-8)を指定してください。";
    /// The body is not called JSON.
    NOT_JSON: 415 "not-json",
        "The body must be JSON" / "本文はJSONにしてください",
        "Send `Content-Type: application/json`." / "`Content-Type: application/json` で送ってください。";
    /// The body is not JSON.
    MALFORMED: 400 "malformed",
        "The body is not JSON" / "本文がJSONとして読めません",
        "It breaks at line {line}, column {column}." / "{line}行目の{column}文字目で、JSONとして読めなくなります。";
    /// The body is JSON of another form.
    WRONG_FIELDS: 400 "wrong-fields",
        "The body has other fields" / "送信内容に誤りがあります",
        "At line {line}, column {column} a field is missing, unknown, there twice, or of another type. The fields are: {fields}."
        / "{line}行目の{column}文字目: 項目の不足・重複・型の違いがあるか、使用できない項目があります。使用できる項目: {fields}";
    /// The body is too long.
    TOO_LONG: 413 "too-long",
        "The body is too long" / "本文が長すぎます",
        "At most {limit_bytes} bytes are read." / "{limit_bytes}バイトまでにしてください。";
    /// The rulebook can't be read.
    RULEBOOK_UNREADABLE: 503 "rulebook-unreadable",
        "The rulebook can't be read" / "運用ルールを読み込めません",
        "Without it nothing is permitted. Whoever runs the system has been alarmed."
        / "運用ルールを読み込めない間は、どの操作も許可されません。運用担当者に通知しました。";
    /// Throttled, or somebody else kept changing the same.
    BUSY: 503 "busy",
        "Try again shortly" / "少し待ってから、もう一度お試しください",
        "The same request may succeed in a moment." / "一時的に処理できませんでした。同じ操作をもう一度行えば、成功することがあります。";
    /// A fault of ours; the log has it.
    FAILED: 500 "failed",
        "Something failed here" / "システムエラーが発生しました",
        "Whoever runs the system finds it in the log, by this number: {request_id}."
        / "管理者に次の番号をお伝えください: {request_id}";
}
