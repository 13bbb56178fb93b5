import type { Language } from './text';
import jointInspectionPlan from './examples/joint-inspection-plan.graphql?raw';
import permits from './examples/permits.graphql?raw';
import personByDocument from './examples/person-by-document.graphql?raw';
import primaryInspectionList from './examples/primary-inspection-list.graphql?raw';
import releaseQueue from './examples/release-queue.graphql?raw';
import shipment360 from './examples/shipment-360.graphql?raw';
import traderPortal from './examples/trader-portal.graphql?raw';

type Variables = Record<string, unknown>;

export interface Example {
  id: string;
  title: Record<Language, string>;
  about: Record<Language, string>;
  /** The demo persona whose work this is. */
  persona: string;
  query: string;
  variables(): Variables;
  /** Demo only: asks the caller's own view for a key that exists, so that the example shows something. */
  lookUp?: { query: string; variables(data: never): Variables };
}

const HOUR = 3_600_000;
const instant = (offset: number) => new Date(Date.now() + offset).toISOString();
const day = (offset: number) => instant(offset).slice(0, 10);

export const EXAMPLES: Example[] = [
  {
    id: 'release-queue',
    title: { en: 'Release queue', fr: 'File de mainlevée' },
    about: {
      en: 'Shipments at my port, held first, with their joint status',
      fr: 'Les expéditions à mon port, les retenues d’abord, avec leur statut conjoint',
    },
    persona: 'officer-vancouver',
    query: releaseQueue,
    variables: () => ({ first: 10 }),
  },
  {
    id: 'shipment-360',
    title: { en: 'Shipment 360°', fr: 'Expédition à 360°' },
    about: {
      en: 'One shipment as every agency sees it',
      fr: 'Une expédition telle que la voit chaque organisme',
    },
    persona: 'analyst',
    query: shipment360,
    variables: () => ({ ccn: '1234PARS56789' }),
    lookUp: {
      query: 'query ExampleShipment { shipments(first: 1) { nodes { ccn } } }',
      variables: (data: { shipments: { nodes: [{ ccn: string }] } }) => ({
        ccn: data.shipments.nodes[0].ccn,
      }),
    },
  },
  {
    id: 'joint-inspection-plan',
    title: { en: 'Joint inspection plan', fr: 'Plan d’inspection conjointe' },
    about: {
      en: 'Containers that two or more agencies hold: open once, together',
      fr: 'Conteneurs retenus par deux organismes ou plus : une seule ouverture',
    },
    persona: 'officer-vancouver',
    query: jointInspectionPlan,
    variables: () => ({ place: 'CAVAN' }),
  },
  {
    id: 'permits',
    title: { en: 'Permits', fr: 'Permis' },
    about: {
      en: 'Permits of every issuer, merged, the first to expire on top',
      fr: 'Les permis de tous les émetteurs, fusionnés, par date d’expiration',
    },
    persona: 'permit-officer',
    query: permits,
    variables: () => ({ first: 10 }),
  },
  {
    id: 'person-by-document',
    title: { en: 'Person by document', fr: 'Personne par document' },
    about: {
      en: 'Each agency’s own record of one person, never merged',
      fr: 'Le dossier de chaque organisme sur une personne, jamais fusionnés',
    },
    persona: 'immigration-officer',
    query: personByDocument,
    variables: () => ({ document: { issuer: 'UTO', number: 'L898902C3' } }),
  },
  {
    id: 'primary-inspection-list',
    title: { en: 'Primary inspection list', fr: 'Liste d’inspection primaire' },
    about: {
      en: 'Who arrives at my port in the next two hours',
      fr: 'Qui arrive à mon port dans les deux prochaines heures',
    },
    persona: 'traveller-officer',
    query: primaryInspectionList,
    variables: () => ({ from: instant(0), to: instant(2 * HOUR) }),
  },
  {
    id: 'trader-portal',
    title: { en: 'Trader portal', fr: 'Portail du commerçant' },
    about: {
      en: 'My shipments, what I owe, permits that expire in 60 days',
      fr: 'Mes expéditions, ce que je dois, mes permis qui expirent d’ici 60 jours',
    },
    persona: 'trader-acme',
    query: traderPortal,
    variables: () => ({ expiringBefore: day(60 * 24 * HOUR) }),
  },
];
