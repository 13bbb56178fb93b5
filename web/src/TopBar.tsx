import { useState } from 'react';
import logo from './logo.svg';
import type { Claims, Session } from './session';
import { useLanguage, useText } from './text';

export function TopBar({ session, onLanguage }: { session: Session; onLanguage: () => void }) {
  const text = useText();
  const problem = session.problem === 'persona' ? text.personaProblem : text.tokenProblem;
  return (
    <header className="guichet-top">
      <div className="guichet-brand">
        <img src={logo} alt="" width="28" height="28" />
        <div>
          <strong>Guichet</strong>
          <small>{text.tagline}</small>
        </div>
      </div>
      {session.problem && (
        <span className="guichet-problem" role="alert">
          {problem}
        </span>
      )}
      <Identity session={session} />
      {session.personas.length > 0 && <PersonaPicker session={session} />}
      <TokenField session={session} />
      <button type="button" className="guichet-language" onClick={onLanguage}>
        {text.language}
      </button>
    </header>
  );
}

function PersonaPicker({ session }: { session: Session }) {
  const text = useText();
  return (
    <label className="guichet-field">
      <span>{text.persona}</span>
      <select value={session.persona ?? ''} onChange={(event) => void session.pick(event.target.value)}>
        <option value="" disabled>
          {text.pickPersona}
        </option>
        {session.personas.map(({ name, role, purpose }) => (
          <option key={name} value={name} title={[role, purpose].filter(Boolean).join(' · ')}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The text is dropped as soon as it is taken, so a token is never left readable on a screen. */
function TokenField({ session }: { session: Session }) {
  const text = useText();
  const [draft, setDraft] = useState('');
  const take = (value: string) => {
    session.paste(value);
    setDraft('');
  };
  return (
    <label className="guichet-field">
      <span>{text.token}</span>
      <input
        type="password"
        // "off" is ignored for passwords; this stops browsers from offering to fill in or to save one.
        autoComplete="one-time-code"
        spellCheck={false}
        placeholder={text.pasteToken}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onPaste={(event) => {
          event.preventDefault();
          take(event.clipboardData.getData('text'));
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take(draft);
        }}
      />
    </label>
  );
}

function Identity({ session }: { session: Session }) {
  const text = useText();
  const language = useLanguage();
  if (!session.claims) return <span className="guichet-nobody">{text.noToken}</span>;
  const { exp } = session.claims;
  const until = exp && new Date(exp * 1000).toLocaleTimeString(`${language}-CA`, { timeStyle: 'short' });
  return (
    <span className="guichet-identity" data-testid="identity">
      {tags(session.claims).map((tag) => (
        <span key={tag} className="guichet-tag">
          {tag}
        </span>
      ))}
      {until && (
        <small>
          {text.until} {until}
        </small>
      )}
      <button type="button" title={text.forget} aria-label={text.forget} onClick={session.forget}>
        ×
      </button>
    </span>
  );
}

function tags({ sub, roles, purpose, agreement }: Claims): string[] {
  const known = [roles ?? sub, purpose, agreement].flat();
  return [...new Set(known.filter((tag): tag is string => typeof tag === 'string' && tag !== ''))];
}
