import { type ApiDocument, postmanCollection, postmanEnvironment } from "./collection.ts";

export const collectionFile = "docs/postman/collections.postman_collection.json";
export const emptyEnvironmentFile = "docs/postman/collections.postman_environment.json";

/** Returns the generated files with their texts. */
export function postmanFiles(document: object): Record<string, string> {
	const written = (value: object) => `${JSON.stringify(value, null, "\t")}\n`;
	return {
		[collectionFile]: written(postmanCollection(document as ApiDocument)),
		[emptyEnvironmentFile]: written(postmanEnvironment("Collections")),
	};
}
