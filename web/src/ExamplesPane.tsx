import { createContext, useContext, useMemo } from 'react';
import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { parse, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { EXAMPLES, type Example } from './examples';
import { send } from './gateway';
import type { Session } from './session';
import { useLanguage, useText } from './text';
import { trimToView, type Trimmed } from './trim';

export const SessionContext = createContext<Session | null>(null);

export const EXAMPLES_PLUGIN: GraphiQLPlugin = {
  title: 'Examples · Exemples',
  icon: () => (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <path d="M3 5h14M3 10h14M3 15h8" />
      <path d="M14 13.2v5l4-2.5z" fill="currentColor" stroke="none" />
    </svg>
  ),
  content: ExamplesPane,
};

function ExamplesPane() {
  const text = useText();
  const schema = useGraphiQL((state) => state.schema) ?? null;
  const views = useMemo(() => viewsOf(schema), [schema]);
  return (
    <section className="guichet-examples" aria-label={text.examples}>
      <h2>{text.examples}</h2>
      <p>{schema ? text.examplesHint : text.examplesNoToken}</p>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.id}>
            <ExampleCard example={example} view={views.get(example.id) ?? null} known={schema !== null} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ExampleCard({ example, view, known }: { example: Example; view: Trimmed | null; known: boolean }) {
  const text = useText();
  const language = useLanguage();
  const session = useContext(SessionContext);
  const open = useOpen();
  const demo = (session?.personas.length ?? 0) > 0;
  return (
    <button type="button" disabled={!view} onClick={() => view && void open(example, view)}>
      <strong>{example.title[language]}</strong>
      <span>{example.about[language]}</span>
      {known && !view && <em>{text.notInView}</em>}
      {demo && session?.persona !== example.persona && (
        <small>
          {text.suits} <code>{example.persona}</code>
        </small>
      )}
    </button>
  );
}

function viewsOf(schema: GraphQLSchema | null): Map<string, Trimmed> {
  const views = new Map<string, Trimmed>();
  if (!schema) return views;
  for (const { id, query } of EXAMPLES) {
    const view = trimToView(query, schema);
    if (view) views.set(id, view);
  }
  return views;
}

/** Opens an example in its own tab, unless the current one holds nothing but comments. */
function useOpen() {
  const text = useText();
  const session = useContext(SessionContext);
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({
    queryEditor,
    variableEditor,
  }));
  return async (example: Example, view: Trimmed) => {
    const values = declared(view.query, await variablesFor(example, session));
    const written = (queryEditor?.getValue() ?? '').replace(/#.*$/gm, '').trim();
    if (written) addTab();
    queryEditor?.setValue(view.left ? `${text.trimmed(view.left)}\n${view.query}\n` : view.query);
    variableEditor?.setValue(JSON.stringify(values, null, 2));
    queryEditor?.focus();
  };
}

async function variablesFor(example: Example, session: Session | null): Promise<Record<string, unknown>> {
  // Outside the demo a look-up would be a disclosure that nobody asked for.
  if (!example.lookUp || !session?.token || session.personas.length === 0) return example.variables();
  try {
    const { result } = await send(session.token, { query: example.lookUp.query });
    return example.lookUp.variables(result.data as never);
  } catch {
    return example.variables();
  }
}

/** Without the variables of what was trimmed away: the gateway refuses values that nothing declares. */
function declared(query: string, values: Record<string, unknown>): Record<string, unknown> {
  const operation = parse(query).definitions[0] as OperationDefinitionNode;
  const names = new Set(operation.variableDefinitions?.map((definition) => definition.variable.name.value));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}
