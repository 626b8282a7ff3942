/** As much of JSON Schema 2020-12 as `docs/policy.schema.json` uses; a keyword that is not here is an error. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

type Check = (value: unknown, argument: never, schema: Schema, root: Schema) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const keysOf = (value: unknown): string[] => (isObject(value) ? Object.keys(value) : []);
const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
};

const keywords: Readonly<Record<string, Check>> = {
  $schema: () => true,
  $defs: () => true,
  title: () => true,
  description: () => true,
  $ref: (value, path: string, _schema, root) => isValid(value, definitionAt(root, path), root),
  type: (value, name: string) => types[name]?.(value) === true,
  const: (value, expected) => value === expected,
  anyOf: (value, schemas: Schema[], _schema, root) => schemas.some((one) => isValid(value, one, root)),
  allOf: (value, schemas: Schema[], _schema, root) => schemas.every((one) => isValid(value, one, root)),
  not: (value, schema: Schema, _schema, root) => !isValid(value, schema, root),
  required: (value, names: string[]) => names.every((name) => keysOf(value).includes(name)),
  properties: (value, properties: Record<string, Schema>, _schema, root) =>
    keysOf(value).every((key) => {
      const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
      return schema === undefined || isValid((value as Schema)[key], schema, root);
    }),
  additionalProperties: (value, rest: false | Schema, { properties = {} }, root) =>
    keysOf(value).every(
      (key) =>
        Object.hasOwn(properties as object, key) || (rest !== false && isValid((value as Schema)[key], rest, root)),
    ),
  propertyNames: (value, schema: Schema, _schema, root) => keysOf(value).every((key) => isValid(key, schema, root)),
  minProperties: (value, least: number) => keysOf(value).length >= least,
  maxProperties: (value, most: number) => keysOf(value).length <= most,
  items: (value, schema: Schema, _schema, root) =>
    !Array.isArray(value) || value.every((item) => isValid(item, schema, root)),
  minItems: (value, least: number) => !Array.isArray(value) || value.length >= least,
  maxItems: (value, most: number) => !Array.isArray(value) || value.length <= most,
  minimum: (value, least: number) => typeof value !== 'number' || value >= least,
  maximum: (value, most: number) => typeof value !== 'number' || value <= most,
  minLength: (value, least: number) => typeof value !== 'string' || value.length >= least,
  maxLength: (value, most: number) => typeof value !== 'string' || value.length <= most,
  pattern: (value, pattern: string) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
};

/** True where a value is what a schema says. */
export function isValid(value: unknown, schema: Schema, root: Schema = schema): boolean {
  return Object.entries(schema).every(([keyword, argument]) => {
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`keyword ${keyword} is not supported`);
    return check(value, argument as never, schema, root);
  });
}

function definitionAt(root: Schema, path: string): Schema {
  const [, , name = ''] = path.split('/');
  return (root['$defs'] as Record<string, Schema>)[name] ?? {};
}
