// Runs the code of docs/clients.md against a gateway and prints what it saw as JSON; test_apollo.py judges it.
// The blocks of the page lie beside this file under their own names.
import assert from 'node:assert/strict';
import { ApolloClient, ApolloLink, InMemoryCache, gql } from '@apollo/client';
import { WebSocket } from 'ws';
import { ask } from './ask.js';
import { createClient, possibleTypes } from './client.js';
import { completenessLink, missing } from './completeness.js';
import { problems } from './errors.js';
import { nextPage, openQueue } from './queue.js';
import { socketLink } from './socket.js';

globalThis.WebSocket ??= WebSocket; // Node has one of its own from 22 on

const { GUICHET_URL: uri, GUICHET_TOKEN: token, GUICHET_SCENARIO: scenario } = process.env;

function newClient(getToken = () => token) {
  const reports = [];
  const client = createClient({
    uri,
    getToken,
    onReport: (name, extensions) => reports.push({ name, extensions }),
  });
  return { client, reports };
}

const settled = (queue) =>
  new Promise((resolve, reject) => {
    const subscription = queue.subscribe({
      next: ({ loading }) => !loading && resolve(subscription),
      error: reject,
    });
  });

const scenarios = {
  async plain() {
    const { data, errors, extensions, requestId } = await ask(
      uri,
      token,
      '{ shipments(first: 1) { nodes { id } } }',
    );
    return { rows: data.shipments.nodes.length, errors, extensions, requestId };
  },

  async paging() {
    const { client, reports } = newClient();
    const queue = openQueue(client, 4);
    const subscription = await settled(queue);
    const rows = () => queue.getCurrentResult().data.shipments.edges;
    const sizes = [rows().length];
    let { pageInfo } = queue.getCurrentResult().data.shipments;
    while (sizes.length < 3 && pageInfo.hasNextPage) {
      const page = await nextPage(queue, pageInfo);
      assert.equal(page.error, undefined);
      pageInfo = page.pageInfo;
      await new Promise((resolve) => setTimeout(resolve, 20)); // the subscription has been told by then
      sizes.push(rows().length);
    }
    const edges = rows();
    subscription.unsubscribe();
    const stored = Object.keys(client.cache.extract());
    return {
      sizes,
      ids: edges.map(({ node }) => node.id),
      reported: reports.map(({ name, extensions }) => [name, typeof extensions.completeness.complete]),
      normalised: [...new Set(stored.map((key) => key.split(':')[0]))],
    };
  },

  async cachedNode() {
    const { client } = newClient();
    const first = await client.query({
      query: gql`
        query First {
          shipments(first: 1) {
            edges {
              node {
                id
              }
            }
          }
        }
      `,
    });
    const { id } = first.data.shipments.edges[0].node;
    const query = gql`
      query OneNode($id: ID!) {
        node(id: $id) {
          ...Identity
          ... on Shipment {
            ccn
          }
        }
      }
      fragment Identity on Node {
        id
      }
    `;
    await client.query({ query, variables: { id } });
    const again = await client.query({ query, variables: { id }, fetchPolicy: 'cache-only' });
    assert.equal(again.data.node.id, id);
    return { typename: again.data.node.__typename, ccn: again.data.node.ccn };
  },

  // The test has broken one owner of permits before this runs.
  async partial() {
    const { client, reports } = newClient();
    const query = gql`
      query Permits {
        permits(first: 20) {
          edges {
            node {
              id
              number
            }
          }
          completeness {
            complete
          }
        }
      }
    `;
    const { data, error } = await client.query({ query, fetchPolicy: 'network-only' });
    return {
      rows: data?.permits?.edges.length ?? null,
      complete: data?.permits?.completeness.complete ?? null,
      problems: problems(error),
      missing: missing(reports.at(-1)?.extensions ?? {}),
    };
  },

  async refused() {
    const { client } = newClient();
    const hidden = await client.query({
      query: gql`
        query Hidden {
          shipments(first: 1) {
            noSuchField
          }
        }
      `,
    });
    const stranger = await newClient(() => 'not.a.token').client.query({
      query: gql`
        query Me {
          viewer {
            subject
          }
        }
      `,
    });
    return { hidden: problems(hidden.error), stranger: problems(stranger.error) };
  },

  async socket() {
    const tokens = ['not.a.token', token]; // as if the first had expired
    const reports = [];
    const socket = socketLink({ url: uri.replace(/^http/, 'ws'), getToken: () => tokens.shift() ?? token });
    const client = new ApolloClient({
      link: ApolloLink.from([completenessLink((...report) => reports.push(report)), socket]),
      cache: new InMemoryCache({ possibleTypes }),
      defaultOptions: { query: { errorPolicy: 'all' } },
    });
    const { data, error } = await client.query({
      query: gql`
        query First {
          shipments(first: 2) {
            nodes {
              id
            }
          }
        }
      `,
    });
    const hidden = await client.query({
      query: gql`
        query Hidden {
          noSuchField
        }
      `,
    });
    return {
      rows: data.shipments.nodes.length,
      problems: problems(error),
      complete: reports[0][1].completeness.complete,
      hidden: problems(hidden.error),
      tokensLeft: tokens.length,
    };
  },

  async possibleTypes() {
    return possibleTypes;
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
