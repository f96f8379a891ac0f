/** A JSON Schema, as far as it is looked at here. */
export type Schema = Readonly<Record<string, unknown>>;

/** Values by the names of parameters. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * The parameters of a pipeline as the form reads them, which knows an older draft: what a tuple has
 * in its places is `items` there, and a value of any type is written as JSON.
 */
export function formSchema(schema: Schema): Schema {
  const { prefixItems } = schema;
  const changed = Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => name !== '$schema' && name !== 'prefixItems')
      .map(([name, value]) => [name, inside(value)])
  );
  return Array.isArray(prefixItems)
    ? { ...changed, items: prefixItems.map(inside), additionalItems: false }
    : changed;
}

function inside(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(inside);
  }
  return isSchema(value) ? formSchema(value) : value;
}

/**
 * As `formSchema`; parameters that may be anything are texts, which are read as JSON.
 *
 * @param limits - says within which limits a parameter may be.
 */
export function parametersSchema(
  schema: Schema,
  limits: (property: Schema) => string = () => ''
): Schema {
  const found = formSchema(schema);
  const properties = Object.entries(propertiesOf(found)).map(
    ([name, property]) => [
      name,
      {
        ...property,
        ...(isOpen(property) && { type: 'string', ...asText(property) }),
        ...helped(property.description, limits(property))
      }
    ]
  );
  return {
    ...found,
    title: '', // it is said above the form
    properties: Object.fromEntries(properties) as Schema
  };
}

function helped(description: unknown, limits: string): Schema {
  if (limits === '') {
    return {};
  }
  return {
    description:
      typeof description === 'string' ? `${description} (${limits})` : limits
  };
}

/**
 * Texts that hold a date or a time are typed as such: they may be templates, too. A text that is
 * emptied is an empty one.
 */
export function uiSchema(schema: Schema): Schema {
  const written = Object.entries(propertiesOf(schema))
    .map(([name, property]): [string, Schema] => [
      name,
      {
        ...(typeof property.format === 'string' && { 'ui:widget': 'text' }),
        ...(property.type === 'string' &&
          'default' in property && { 'ui:emptyValue': '' })
      }
    ])
    .filter(([, options]) => Object.keys(options).length > 0);
  return Object.fromEntries(written);
}

/**
 * The values that are not what the notebook gives anyway, as they are sent.
 *
 * A field that was emptied gives no value: the server says whether that will do, instead of what
 * the notebook gives being taken unseen.
 */
export function differing(schema: Schema, values: Values): Values {
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(values)
      .map(([name, value]): [string, unknown] => {
        const property = properties[name];
        const given = value === undefined ? emptied(property) : value;
        return [name, property && isOpen(property) ? fromJson(given) : given];
      })
      .filter(
        ([name, value]) =>
          value !== undefined && !same(value, properties[name]?.default)
      )
  );
}

/** What an emptied field gives: nothing where that is a value, else what the command line takes. */
function emptied(property: Schema | undefined): unknown {
  if (property === undefined || !('default' in property)) {
    return undefined; // the server asks for it
  }
  return takesNull(property) ? null : '';
}

function takesNull({ type, anyOf }: Schema): boolean {
  return [type, anyOf].some(
    many =>
      Array.isArray(many) &&
      many.some(one => one === 'null' || (isSchema(one) && one.type === 'null'))
  );
}

/** Values as they are typed: those that may be anything as JSON. */
export function typed(schema: Schema, values: Values): Values {
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const property = properties[name];
      const open = property !== undefined && isOpen(property);
      return [name, open ? JSON.stringify(value) : value];
    })
  );
}

/** Whether two values are written alike. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function propertiesOf(schema: Schema): Readonly<Record<string, Schema>> {
  return (schema.properties ?? {}) as Readonly<Record<string, Schema>>;
}

/** Whether a value may be of any type. */
function isOpen(property: Schema): boolean {
  return !('type' in property || 'anyOf' in property || 'enum' in property);
}

function asText(property: Schema): Schema {
  return 'default' in property
    ? { default: JSON.stringify(property.default) }
    : {};
}

function fromJson(value: unknown): unknown {
  try {
    return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
  } catch {
    return value;
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}
