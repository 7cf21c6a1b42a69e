/** Why a request gave no answer: our problem+json, the gateway's `{message}`, or no line at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** The word behind `urn:rokuban:problem:`; empty where the gateway answered. */
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly body: Record<string, unknown> = {},
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(title);
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

/** Reads an answer that is no success. */
export function readProblem(status: number, text: string, retryAfter: string | null): Problem {
  let body: Record<string, unknown> = {};
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === "object" && read !== null) body = read as Record<string, unknown>;
  } catch {
    // The gateway, or something between, sent no JSON: the status alone speaks.
  }
  const say = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
  const seconds = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;
  return new Problem(status, say("type").replace("urn:rokuban:problem:", ""), say("title"), say("detail"), body, seconds);
}

/** No line. */
export const offline = () => new Problem(0, "offline", "", "");
