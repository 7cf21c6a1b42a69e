/** Which screen a place is. A screen that is not for one's role is not there. */
import { screensOf } from "./api.ts";
import { me, place, t } from "./state.ts";
import { Banner, Title } from "./ui.tsx";
import { home } from "./frame.tsx";
import { Later } from "./load-later.tsx";
import { CallsScreen } from "./calls/screen.tsx";
import { CallScreen } from "./call/screen.tsx";
import { ReviewScreen } from "./review/screen.tsx";
import { ReviewItemScreen } from "./review/item.tsx";
import { SourceScreen } from "./review/source.tsx";
import { CompletenessScreen } from "./reports/completeness.tsx";
import { NoticeScreen } from "./reports/notice.tsx";
import { AuditScreen } from "./audit/log.tsx";
import { AccessScreen } from "./audit/access.tsx";
import { AdminsScreen } from "./audit/admins.tsx";
import { DeletionsScreen } from "./deletions/screen.tsx";
import { ProofsScreen } from "./deletions/proofs.tsx";
import { CustodyScreen } from "./audit/custody.tsx";

export function Screen() {
  const { path, query } = place.value;
  const may = screensOf(me.value!);
  const [first = home(), second] = path;
  switch (first) {
    case "calls":
      if (!may.calls) break;
      return second ? <CallScreen key={second} id={second} /> : <CallsScreen query={query} />;
    case "cases":
      if (!may.cases) break;
      return <Later show={({ CasesScreen, CaseScreen, MemoScreen }) => (second === "new" ? <MemoScreen /> : second ? <CaseScreen key={second} id={second} /> : <CasesScreen query={query} />)} />;
    case "shares":
      if (!may.cases) break;
      return <Later show={({ SharesScreen }) => <SharesScreen />} />;
    case "review":
      if (!may.review) break;
      if (second === "source") return <SourceScreen key="source" />;
      return second ? <ReviewItemScreen key={second} id={second} /> : <ReviewScreen />;
    case "reports":
      if (!may.reports) break;
      if (second === "age" && may.deletions) return <Later show={({ AgeScreen }) => <AgeScreen />} />;
      if (second === "retention" && may.deletions) return <Later show={({ RetentionScreen }) => <RetentionScreen />} />;
      if (second === "permissions" && may.deletions) return <Later show={({ PermissionsScreen }) => <PermissionsScreen />} />;
      return second === "notice" ? <NoticeScreen key="notice" query={query} /> : <CompletenessScreen key="lost" query={query} />;
    case "audit":
      if (!may.audit) break;
      if (second === "access") return <AccessScreen key="access" query={query} />;
      if (second === "admins") return <AdminsScreen key="admins" query={query} />;
      if (second === "recording" && path[2]) return <CustodyScreen key={path[2]} id={path[2]} />;
      return <AuditScreen key="log" query={query} />;
    case "deletions":
      if (!may.deletions) break;
      if (second === "days") return <Later show={({ SweepsScreen }) => <SweepsScreen />} />;
      if (second === "proofs") return <ProofsScreen key="proofs" query={query} />;
      return <DeletionsScreen key={second ?? ""} state={second === "approved" ? "approved" : "waiting"} />;
    case "rules":
      if (!may.rules) break;
      return <Later show={({ RulesScreen }) => <RulesScreen />} />;
    case "":
      return (
        <>
          <Title>{t().frame.product}</Title>
          <Banner kind="info" title={t().frame.noScreen}>
            <p>{t().frame.forbiddenDetail}</p>
          </Banner>
        </>
      );
    default:
      return <Nowhere title={t().frame.notFound} detail={t().frame.notFoundDetail} />;
  }
  return <Nowhere title={t().frame.forbidden} detail={t().frame.forbiddenDetail} />;
}

function Nowhere({ title, detail }: { title: string; detail: string }) {
  return (
    <>
      <Title>{title}</Title>
      <p>{detail}</p>
    </>
  );
}
