/** A text in the URL; the router reads one of digits as a number. */
export const urlText = (value: unknown): string | undefined =>
	typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
