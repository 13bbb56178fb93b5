import { useEffect, useMemo, useRef, useState } from 'react';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { EXAMPLES_PLUGIN, SessionContext } from './ExamplesPane';
import { fetcherFor, type Answer } from './gateway';
import { memoryStorage } from './memory-storage';
import { useSession } from './session';
import { ForgetAnswers, StatusBar } from './StatusBar';
import { LanguageContext, TEXT, type Language } from './text';
import { TopBar } from './TopBar';

const PLUGINS = [EXAMPLES_PLUGIN, HISTORY_PLUGIN];
const WELCOME = '# Guichet\n#\n# Pick a persona or paste a token above, then open an example on the left.\n';

export function Page() {
  const session = useSession();
  const [language, setLanguage] = useState<Language>(() =>
    navigator.language.startsWith('fr') ? 'fr' : 'en',
  );
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [storage] = useState(memoryStorage);
  const { token } = session;
  const caller = useRef(token);
  const fetcher = useMemo(() => fetcherFor(token, () => caller.current === token, setAnswer), [token]);

  useEffect(() => {
    caller.current = token;
    setAnswer(null);
  }, [token]);
  useEffect(() => void (document.documentElement.lang = language), [language]);

  return (
    <LanguageContext.Provider value={language}>
      <SessionContext.Provider value={session}>
        <TopBar session={session} onLanguage={() => setLanguage(language === 'en' ? 'fr' : 'en')} />
        <main className="guichet-main">
          <GraphiQL
            fetcher={fetcher}
            storage={storage}
            // No token, no view: without this, GraphiQL would introspect as nobody and show the refusal.
            {...(token ? {} : { schema: null })}
            plugins={PLUGINS}
            visiblePlugin={EXAMPLES_PLUGIN}
            shouldPersistHeaders={false}
            showPersistHeadersSettings={false}
            defaultEditorToolsVisibility="variables"
            defaultQuery={WELCOME}
            schemaDescription
            inputValueDeprecation
          >
            <GraphiQL.Logo>
              <span title={TEXT[language].tagline}>GraphiQL</span>
            </GraphiQL.Logo>
            <GraphiQL.Footer>
              <ForgetAnswers of={token} />
              <StatusBar latest={answer} />
            </GraphiQL.Footer>
          </GraphiQL>
        </main>
      </SessionContext.Provider>
    </LanguageContext.Provider>
  );
}
