/** Returns the header that makes a browser save an answer under a name (RFC 6266). */
export function attachment(filename: string): string {
	const plain = filename.replace(/[^\w .-]/g, "_");
	const encoded = encodeURIComponent(filename.toWellFormed()).replace(
		/['()*!]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
	return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
