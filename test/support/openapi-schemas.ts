import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { once } from "#core/once.ts";
import { apiDocument } from "#tools/api-types/document.ts";

type Content = Record<string, { schema?: object }>;

export interface ApiDocument {
	paths: Record<string, Record<string, { responses: Record<string, { content?: Content; $ref?: string }> }>>;
	components: { schemas: Record<string, object>; responses: Record<string, { content?: Content }> };
}

/** The OpenAPI document, and a validator of its schemas. */
export const openApi = once(async () => {
	const document = (await apiDocument()) as ApiDocument;
	const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
	addFormats.default(ajv);
	// The keyword of OpenAPI's dialect that the document has beside those of JSON Schema.
	ajv.addKeyword("example");
	const pointer = "#/components/schemas/";
	const withKeys = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(`"${pointer}`, '"'));
	for (const [name, schema] of Object.entries(document.components.schemas)) ajv.addSchema(withKeys(schema), name);
	const compiled = new Map<object, ValidateFunction>();
	return {
		document,
		/** @throws where the schema is not strictly valid */
		validatorOf(schema: object): ValidateFunction {
			const validate = compiled.get(schema) ?? ajv.compile(withKeys(schema));
			compiled.set(schema, validate);
			return validate;
		},
	};
});

/** Throws unless the OpenAPI document describes an answer: its route, status, content type and body. */
export async function requireDocumented(
	method: string,
	path: string,
	status: number,
	contentType: string,
	body: unknown,
) {
	const { document, validatorOf } = await openApi();
	const templates = Object.keys(document.paths).filter((each) => matches(each, path));
	// As the router: `/items/facets` is no `/items/{id}`.
	const template = templates.find((each) => !each.includes("{")) ?? templates[0];
	const operation = document.paths[template ?? ""]?.[method.toLowerCase()];
	const answer = `${method} ${path} answers ${status}`;
	// No document describes the routes that there are not.
	if (!operation) return;
	const response = operation.responses[status];
	if (!response) throw new Error(`${answer}, which is not documented.`);
	const { content } = response.$ref
		? (document.components.responses[response.$ref.split("/").at(-1) ?? ""] ?? {})
		: response;
	const type = contentType.split(";")[0] ?? "";
	if (!content && body === "") return;
	const documented = content?.[type];
	if (!documented) throw new Error(`${answer} as ${type}, which is not documented.`);
	if (!documented.schema || !type.endsWith("json")) return;
	const validate = validatorOf(documented.schema);
	if (!validate(body)) throw new Error(`${answer} against its schema: ${JSON.stringify(validate.errors)}`);
}

function matches(template: string, path: string): boolean {
	const [pattern, parts] = [template.split("/"), path.split("?", 1)[0]?.split("/") ?? []];
	return pattern.length === parts.length && pattern.every((part, at) => part.startsWith("{") || part === parts[at]);
}
