import type { Tombstone } from "../api.ts";
import { className, label, memberName, showDateTime, showFullDay, teamName } from "../show.ts";
import { placeOf } from "../router.ts";
import { me, t } from "../state.ts";
import { Title } from "../ui.tsx";

/** What is known of the copy in another Region, and since when. */
function backupOf(tombstone: Tombstone) {
  const state = label(t().codes.backup, tombstone.backup);
  return tombstone.backup_checked_at ? t().call.backupChecked(state, showDateTime(tombstone.backup_checked_at)) : state;
}

/** What the PBX itself still keeps, by the rulebook under which the recording was deleted. */
function originOf({ origin_copy, origin_copy_until: until, origin_copy_checked_on: checked, rulebook_version }: Tombstone) {
  const w = t().call;
  if (origin_copy === "unknown") return w.originUnknown;
  const state = origin_copy === "until" && until ? w.originUntil(showFullDay(until)) : w.originNone;
  return checked ? w.originChecked(state, showFullDay(checked), rulebook_version) : state;
}

/** The proof of a deletion, as a page that prints. No number and no name of the other party is in it. */
export function Certificate({ tombstone }: { tombstone: Tombstone }) {
  const w = t().call;
  const rows: [string, string][] = [
    [w.day, showFullDay(tombstone.day)],
    [w.team, teamName(tombstone.team, tombstone.team_name) || "–"],
    [w.retentionClass, className(tombstone.retention_class)],
    [w.deletedAt, showDateTime(tombstone.deleted_at)],
    [w.deletedBy, tombstone.deleted_by.startsWith("sweep") ? w.system : memberName(tombstone.deleted_by)],
    [w.rulebook, String(tombstone.rulebook_version)],
    [w.recording, tombstone.id],
    [w.version, tombstone.version_id],
    [w.sha, tombstone.sha256 ?? "–"],
  ];
  return (
    <article class="certificate">
      <p class="kicker">
        {w.certificate} <span>{me.value?.company}</span>
      </p>
      <Title lead={w.certificateLead(showDateTime(tombstone.deleted_at))}>{w.deletedTitle}</Title>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {tombstone.replaced_by && (
        <p>
          {t().deletions.replacedBy} <a href={placeOf(["calls", tombstone.replaced_by])}>{tombstone.replaced_by}</a>
        </p>
      )}
      <h2>{w.covers}</h2>
      <ul>
        {[...w.coversList, w.coversBackup(backupOf(tombstone))].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <h2>{w.coversNot}</h2>
      <ul>
        <li>{w.origin(originOf(tombstone))}</li>
      </ul>
      {tombstone.taken_away && <TakenAway taken={tombstone.taken_away} />}
      <p class="no-print">
        <button type="button" onClick={() => print()}>
          {w.print}
        </button>
      </p>
    </article>
  );
}

/** What was taken away of it: by role and by what a release was made under, without a name. */
function TakenAway({ taken }: { taken: NonNullable<Tombstone["taken_away"]> }) {
  const w = t().call;
  const { downloads, releases, items } = taken;
  const who = (item: (typeof items)[number]) => (item.role ? label(t().codes.role, item.role) : item.basis ? label(w.takenBy, item.basis) : "");
  return (
    <>
      <h2>{w.taken}</h2>
      <p>{downloads + releases === 0 ? w.takenNone : w.takenCount(downloads, releases)}</p>
      {!taken.is_exact && <p>{w.takenMore}</p>}
      {downloads + releases > 0 && <p>{w.takenLead}</p>}
      <ul>
        {items.map((item, at) => (
          <li key={at}>
            {showDateTime(item.at)} {w.takenKinds[item.kind]} {who(item)}
          </li>
        ))}
      </ul>
    </>
  );
}
