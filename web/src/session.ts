import { useCallback, useEffect, useMemo, useState } from 'react';

export interface Persona {
  name: string;
  role: string;
  purpose: string | null;
}

/** What a token says of its bearer. Read for display only; the gateway alone decides what it is worth. */
export interface Claims {
  sub?: string;
  roles?: string[] | string;
  purpose?: string;
  agreement?: string;
  exp?: number;
}

export interface Session {
  /** Empty outside the demo: there is no persona picker then. */
  personas: Persona[];
  persona: string | null;
  /** Kept in this component's state only: it ends with the page. */
  token: string | null;
  claims: Claims | null;
  problem: 'persona' | 'token' | null;
  pick(persona: string): Promise<void>;
  paste(text: string): void;
  forget(): void;
}

export function useSession(): Session {
  const [personas, setPersonas] = useState<Persona[]>([]);
  const [persona, setPersona] = useState<string | null>(null);
  const [token, setToken] = useState<string | null>(null);
  const [problem, setProblem] = useState<Session['problem']>(null);

  useEffect(() => {
    void demoPersonas().then(setPersonas);
  }, []);

  const forget = useCallback(() => {
    setPersona(null);
    setToken(null);
    setProblem(null);
  }, []);

  const pick = useCallback(async (name: string) => {
    setProblem(null);
    try {
      const issued = await demoToken(name);
      setPersona(name);
      setToken(issued);
    } catch {
      setProblem('persona');
    }
  }, []);

  const paste = useCallback((text: string) => {
    const candidate = text.replace(/^\s*bearer\s+/i, '').replace(/\s+/g, '');
    if (!candidate) return;
    if (readClaims(candidate) === null) {
      setProblem('token');
      return;
    }
    setProblem(null);
    setPersona(null);
    setToken(candidate);
  }, []);

  const claims = useMemo(() => (token ? readClaims(token) : null), [token]);
  return { personas, persona, token, claims, problem, pick, paste, forget };
}

async function demoPersonas(): Promise<Persona[]> {
  try {
    const response = await fetch('/demo/personas', { credentials: 'omit' });
    if (response.status !== 200) return [];
    return ((await response.json()) as { personas: Persona[] }).personas;
  } catch {
    return [];
  }
}

async function demoToken(persona: string): Promise<string> {
  const response = await fetch('/demo/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ persona }),
    credentials: 'omit',
    cache: 'no-store',
  });
  if (!response.ok) throw new Error(`no token: ${response.status}`);
  return ((await response.json()) as { token: string }).token;
}

function readClaims(token: string): Claims | null {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token)?.[1];
  if (!payload) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (c) =>
      c.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
  } catch {
    return null;
  }
}
