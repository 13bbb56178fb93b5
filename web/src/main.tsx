import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { Page } from './Page';

const root = document.getElementById('guichet');
if (!root) throw new Error('index.html has no #guichet');
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
