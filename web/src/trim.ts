import {
  isEnumType,
  getNamedType,
  Kind,
  parse,
  print,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';

export interface Trimmed {
  query: string;
  /** How many selections and arguments the view does not contain. */
  left: number;
}

/**
 * An example as far as the caller's view contains it, or null when nothing useful remains. A view is a subset
 * of the schema, so an example written for one role is refused as a whole for another; this keeps what is valid.
 */
export function trimToView(source: string, schema: GraphQLSchema): Trimmed | null {
  const document = parse(source);
  if (validate(schema, document).length === 0) return { query: source, left: 0 };

  const types = new TypeInfo(schema);
  let left = 0;
  let unknownValue = false;
  const drop = (): null => {
    left += 1;
    return null;
  };
  const trimmed = visit(
    document,
    visitWithTypeInfo(types, {
      Field: {
        enter: () => (types.getFieldDef() ? undefined : drop()),
        // A selection that lost everything goes too: `{ }` is not GraphQL.
        leave: (node) => (node.selectionSet?.selections.length === 0 ? null : undefined),
      },
      InlineFragment: {
        enter: (node) => {
          const name = node.typeCondition?.name.value;
          return name === undefined || schema.getType(name) ? undefined : drop();
        },
        leave: (node) => (node.selectionSet.selections.length === 0 ? null : undefined),
      },
      Argument: {
        enter: () => {
          unknownValue = false;
          return types.getArgument() ? undefined : drop();
        },
        leave: () => (unknownValue ? drop() : undefined),
      },
      ObjectField: { enter: () => (types.getInputType() ? undefined : drop()) },
      EnumValue: (node) => {
        const type = getNamedType(types.getInputType());
        if (isEnumType(type) && !type.getValue(node.value)) unknownValue = true;
      },
    }),
  );
  // An operation that lost everything passes validation all the same: graphql-js has no rule for `query { }`.
  const empty = trimmed.definitions.some(
    (node) => node.kind === Kind.OPERATION_DEFINITION && node.selectionSet.selections.length === 0,
  );
  if (empty) return null;
  const usable = withoutUnusedVariables(trimmed);
  return validate(schema, usable).length === 0 ? { query: print(usable), left } : null;
}

function withoutUnusedVariables(document: DocumentNode): DocumentNode {
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: (node) => void used.add(node.name.value),
  });
  return visit(document, {
    VariableDefinition: (node) => (used.has(node.variable.name.value) ? undefined : null),
  });
}
