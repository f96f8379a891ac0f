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

/** As `formSchema`; parameters that may be anything are texts, which are read as JSON. */
export function parametersSchema(schema: Schema): Schema {
  const found = formSchema(schema);
  const properties = Object.entries(propertiesOf(found)).map(
    ([name, property]) => [
      name,
      isOpen(property)
        ? { ...property, type: 'string', ...asText(property) }
        : property
    ]
  );
  return {
    ...found,
    title: '', // it is said above the form
    properties: Object.fromEntries(properties) as Schema
  };
}

/** Texts that hold a date or a time are typed as such: they may be templates, too. */
export function uiSchema(schema: Schema): Schema {
  const written = Object.entries(propertiesOf(schema))
    .filter(([, { format }]) => typeof format === 'string')
    .map(([name]) => [name, { 'ui:widget': 'text' }]);
  return Object.fromEntries(written) as Schema;
}

/** The values that are not what the notebook gives anyway, as they are sent. */
export function differing(schema: Schema, values: Values): Values {
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(values)
      .map(([name, value]): [string, unknown] => {
        const property = properties[name];
        return [name, property && isOpen(property) ? fromJson(value) : value];
      })
      .filter(
        ([name, value]) =>
          value !== undefined && !same(value, properties[name]?.default)
      )
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
