import { placeOf } from "../router.ts";
import { directory, t } from "../state.ts";
import { Choice, Field } from "../ui.tsx";
import { Tabs } from "../reports/parts.tsx";

export function AuditTabs({ at }: { at: "log" | "access" | "admins" }) {
  const w = t().audit;
  return (
    <Tabs
      label={w.title}
      tabs={[
        [placeOf(["audit"]), w.log, at === "log"],
        [placeOf(["audit", "access"]), w.access, at === "access"],
        [placeOf(["audit", "admins"]), w.admins, at === "admins"],
      ]}
    />
  );
}

/** A member, by name where the API gives names. */
export function Member({ value, change, everybody }: { value: string; change: (staff: string) => void; everybody?: string }) {
  const w = t().audit;
  const { members } = directory.value;
  if (members.length > 0) {
    const first: [string, string][] = [["", everybody ?? "–"]];
    return <Choice label={w.member} value={value} options={[...first, ...members.map((one): [string, string] => [one.id, one.name])]} change={change} />;
  }
  return (
    <Field label={w.staff} hint={everybody && w.staffHint}>
      {(ids) => <input {...ids} type="text" maxLength={128} autocomplete="off" value={value} onInput={(event) => change(event.currentTarget.value.trim())} />}
    </Field>
  );
}

export function Day({ label, value, change }: { label: string; value: string; change: (day: string) => void }) {
  return <Field label={label}>{(ids) => <input {...ids} type="date" required value={value} onInput={(event) => change(event.currentTarget.value)} />}</Field>;
}

/** 26 characters say little: eight are enough to tell two apart. */
export function RecordingLink({ id }: { id: string }) {
  return (
    <a href={placeOf(["audit", "recording", id])}>
      <span class="hidden">{t().audit.openCustody} </span>
      <code>{id.slice(0, 8)}</code>
    </a>
  );
}
