import { createContext, useContext } from 'react';

export type Language = 'en' | 'fr';

const counted = (noun: string) => (count: number) => `${count} ${noun}${count === 1 ? '' : 's'}`;
// In French zero is singular too.
const compte = (one: string, many: string) => (count: number) => `${count} ${count < 2 ? one : many}`;

/** The page's own labels. GraphiQL's are English only. */
const EN = {
  tagline: 'One window onto every agency at the border',
  persona: 'Persona',
  pickPersona: 'Pick a persona…',
  token: 'Token',
  pasteToken: 'Paste a token, press Enter',
  forget: 'Forget this token',
  noToken: 'No token: the schema shown is empty',
  until: 'until',
  language: 'Français',
  personaProblem: 'The demo gave no token for this persona.',
  tokenProblem: 'This is not a JSON Web Token.',
  examples: 'Example queries',
  examplesHint: 'Each opens in a tab, trimmed to what your view contains.',
  examplesNoToken: 'Pick a persona or paste a token first: a view belongs to somebody.',
  notInView: 'Not in your view',
  suits: 'Try as',
  trimmed: (left: number) =>
    `# ${left} ${left === 1 ? 'selection that your view does not contain was' : 'selections that your view does not contain were'} left out.`,
  idle: 'Run a query to see which agencies answered.',
  complete: 'Complete',
  incomplete: 'Incomplete',
  refused: 'Refused',
  answered: 'Answered',
  masked: counted('masked field'),
  withheld: counted('withheld field'),
  flags: counted('data flag'),
  errors: counted('error'),
  asOf: 'as of',
  rows: counted('row'),
  outcome: {
    ANSWERED: 'answered',
    STALE: 'stale',
    TIMED_OUT: 'timed out',
    UNAVAILABLE: 'unavailable',
    REFUSED: 'refused',
  },
};

export type Text = typeof EN;

const FR: Text = {
  tagline: 'Un seul guichet vers tous les organismes à la frontière',
  persona: 'Personnage',
  pickPersona: 'Choisir un personnage…',
  token: 'Jeton',
  pasteToken: 'Coller un jeton, puis Entrée',
  forget: 'Oublier ce jeton',
  noToken: 'Sans jeton, le schéma affiché est vide',
  until: 'jusqu’à',
  language: 'English',
  personaProblem: 'La démo n’a pas donné de jeton pour ce personnage.',
  tokenProblem: 'Ce n’est pas un jeton JWT.',
  examples: 'Exemples de requêtes',
  examplesHint: 'Chacun s’ouvre dans un onglet, réduit à ce que contient votre vue.',
  examplesNoToken: 'Choisissez un personnage ou collez un jeton : une vue appartient à quelqu’un.',
  notInView: 'Hors de votre vue',
  suits: 'À essayer en tant que',
  trimmed: (left) =>
    `# ${left} ${left === 1 ? 'sélection absente de votre vue a été omise' : 'sélections absentes de votre vue ont été omises'}.`,
  idle: 'Lancez une requête pour voir quels organismes ont répondu.',
  complete: 'Complet',
  incomplete: 'Incomplet',
  refused: 'Refusé',
  answered: 'Répondu',
  masked: compte('champ masqué', 'champs masqués'),
  withheld: compte('champ retenu', 'champs retenus'),
  flags: compte('signalement', 'signalements'),
  errors: compte('erreur', 'erreurs'),
  asOf: 'en date du',
  rows: compte('ligne', 'lignes'),
  outcome: {
    ANSWERED: 'a répondu',
    STALE: 'périmé',
    TIMED_OUT: 'délai dépassé',
    UNAVAILABLE: 'indisponible',
    REFUSED: 'a refusé',
  },
};

export const TEXT: Record<Language, Text> = { en: EN, fr: FR };

export const LanguageContext = createContext<Language>('en');
export const useLanguage = (): Language => useContext(LanguageContext);
export const useText = (): Text => TEXT[useLanguage()];
