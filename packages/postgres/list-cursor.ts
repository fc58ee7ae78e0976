const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Encodes where a page of a list ends; clients send it back as it is. */
export const encodeParts = (parts: string[]): string => Buffer.from(JSON.stringify(parts)).toString("base64url");

/** @returns none where the cursor is no list of texts */
export function decodeParts(cursor: string): string[] {
	try {
		const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
		return Array.isArray(parts) && parts.every((part) => typeof part === "string") ? parts : [];
	} catch {
		return [];
	}
}

export const isUuid = (text: string): boolean => uuid.test(text);
