import { type ImageDescription, imageDescription } from "#core/items/analysis.ts";

/** Under these keys some models of the predecessor put the whole answer, beside the name of the tool that they were given. */
const wrappers = ["data", "contents", "description", "parameters", "schema"];

type Json = Record<string, unknown>;

/**
 * Reads a description as the predecessor stored it, freed of its wrapper; `wrapped` says that it had one.
 * @throws where it is no description
 */
export function legacyDescription(rawResponse: string): { description: ImageDescription; wrapped: boolean } {
	const stored = JSON.parse(rawResponse) as unknown;
	if (!isObject(stored)) throw new Error("its raw_response is no JSON object");
	const inner = wrappers.map((key) => stored[key]).find((value) => isObject(value) && "summary" in value);
	const wrapped = !("summary" in stored) && isObject(inner);
	const parsed = imageDescription.safeParse(withLists(wrapped ? (inner as Json) : stored));
	if (parsed.success) return { description: parsed.data, wrapped };
	const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
	throw new Error(`its raw_response is no description (${fields.join("; ")})`);
}

/** Some models wrote the text of a picture as one string. */
function withLists(description: Json): Json {
	const details = isObject(description.image_details) ? description.image_details : {};
	const text = details.extracted_text;
	return {
		media_metadata: {},
		...description,
		image_details: { ...details, ...(typeof text === "string" && { extracted_text: text ? [text] : [] }) },
	};
}

const isObject = (value: unknown): value is Json =>
	typeof value === "object" && value !== null && !Array.isArray(value);
