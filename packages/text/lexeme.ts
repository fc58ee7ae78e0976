/** Quotes a lexeme as PostgreSQL's text search types take it. */
export function quoteLexeme(lexeme: string): string {
	return `'${lexeme.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** In characters; PostgreSQL takes 2,046 bytes. */
const maxLength = 100;

/** True for what a document may have as a lexeme. A word of joining marks alone folds to nothing. */
export const isLexeme = (text: string) => text !== "" && text.length <= maxLength;
