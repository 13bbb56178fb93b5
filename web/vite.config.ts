import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The gateway serves index.html at /graphql and everything else under /graphiql/.
export default defineConfig({
  base: '/graphiql/',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    sourcemap: false,
    // The page's policy is script-src 'self': the polyfill would be an inline script.
    modulePreload: { polyfill: false },
    // Monaco is one large library; splitting it further would only add requests.
    chunkSizeWarningLimit: 6000,
    rolldownOptions: {
      onwarn(warning, warn) {
        // "use no memo" and "use client" speak to compilers that have already run on these packages.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: {
    proxy: { '/graphql': 'http://127.0.0.1:8000', '/demo': 'http://127.0.0.1:8000' },
  },
});
