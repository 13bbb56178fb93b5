import type { Storage } from '@graphiql/toolkit';

/**
 * GraphiQL keeps tabs, history and headers in localStorage unless told otherwise. Queries and variables here
 * hold document numbers and names, and headers may hold tokens: all of it must end with the page.
 */
export function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
    get length() {
      return items.size;
    },
  };
}
