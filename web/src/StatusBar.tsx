import { useEffect, useRef, useState } from 'react';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import type { Answer, SourceReport } from './gateway';
import { useLanguage, useText } from './text';

/** Says of the last answer what its data cannot: who answered, who did not, and what was changed or left out. */
export function StatusBar({ latest }: { latest: Answer | null }) {
  const text = useText();
  const answer = useAnswerOfTab(latest);
  if (!answer) return <output className="guichet-status">{text.idle}</output>;

  const { completeness, masked, withheld, dataFlags } = answer.extensions;
  return (
    <output className="guichet-status" data-testid="completeness">
      <Verdict answer={answer} />
      {completeness?.sources.map((source) => (
        <Source key={source.agency} source={source} />
      ))}
      <Count of={masked} label={text.masked} />
      <Count of={withheld} label={text.withheld} />
      <Count of={dataFlags} label={text.flags} />
      {answer.errors > 0 && <span className="guichet-chip bad">{text.errors(answer.errors)}</span>}
      <small className="guichet-request">
        {answer.milliseconds} ms{answer.requestId && ` · ${answer.requestId}`}
      </small>
    </output>
  );
}

/** Each tab shows its own answer, so the bar must too. A new caller starts with none. */
function useAnswerOfTab(latest: Answer | null): Answer | null {
  const tab = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id ?? '');
  const asked = useRef(tab);
  const [answers, setAnswers] = useState<Record<string, Answer>>({});
  const isFetching = useGraphiQL((state) => state.isFetching);
  useEffect(() => {
    if (isFetching) asked.current = tab;
    // Only the start of a request counts: the tab may change before its answer comes.
  }, [isFetching]);
  useEffect(() => {
    setAnswers((known) => (latest ? { ...known, [asked.current]: latest } : {}));
  }, [latest]);
  return answers[tab] ?? null;
}

function Verdict({ answer }: { answer: Answer }) {
  const text = useText();
  const complete = answer.extensions.completeness?.complete;
  if (complete === undefined) {
    const refused = answer.errors > 0;
    return <strong className={refused ? 'bad' : 'good'}>{refused ? text.refused : text.answered}</strong>;
  }
  return <strong className={complete ? 'good' : 'warn'}>{complete ? text.complete : text.incomplete}</strong>;
}

function Source({ source }: { source: SourceReport }) {
  const text = useText();
  const language = useLanguage();
  const good = source.outcome === 'ANSWERED';
  const asOf = source.asOf && `${text.asOf} ${new Date(source.asOf).toLocaleString(`${language}-CA`)}`;
  const rows = good && source.rows != null ? text.rows(source.rows) : text.outcome[source.outcome];
  return (
    <span
      className={`guichet-chip ${good ? 'good' : source.outcome === 'STALE' ? 'warn' : 'bad'}`}
      title={asOf || undefined}
    >
      <b>{source.agency}</b> {rows}
    </span>
  );
}

function Count({
  of,
  label,
}: {
  of: Record<string, unknown> | unknown[] | undefined;
  label: (count: number) => string;
}) {
  const names = of === undefined ? [] : Array.isArray(of) ? of.map(String) : Object.keys(of);
  if (names.length === 0) return null;
  return (
    <span className="guichet-chip" title={names.join('\n')}>
      {label(names.length)}
    </span>
  );
}

/** Empties every tab's answer when the caller changes: what one saw must not stand under another's name. */
export function ForgetAnswers({ of }: { of: string | null }) {
  const { changeTab, stop, updateActiveTabValues } = useGraphiQLActions();
  const { tabs, activeTabIndex, responseEditor } = useGraphiQL(
    ({ tabs, activeTabIndex, responseEditor }) => ({
      tabs,
      activeTabIndex,
      responseEditor,
    }),
  );
  const last = useRef(of);
  useEffect(() => {
    if (last.current === of) return;
    last.current = of;
    stop();
    // GraphiQL can write only to the active tab, so each has its turn, the current one last.
    const others = tabs.map((_, index) => index).filter((index) => index !== activeTabIndex);
    for (const index of [...others, activeTabIndex]) {
      if (tabs.length > 1) changeTab(index);
      updateActiveTabValues({ response: null });
    }
    responseEditor?.setValue('');
  });
  return null;
}
