/** Maps each current name to its former name, which clients may still read. */
const formerNames: Record<string, string> = {
	proximity: "nearness",
	max_candidates: "ranked",
	max_bits_farther: "most_bits_farther",
	partition_proximity: "cell_nearness",
	min: "least",
	max: "most",
};

/** The parameters of a search under the names of this API, and under those they had before. */
export function presentSearchParameters(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
	return renamed(parameters) as Record<string, unknown>;
}

function renamed(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(renamed);
	if (value === null || typeof value !== "object") return value;
	return Object.fromEntries(
		Object.entries(value).flatMap(([key, part]) => {
			const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
			const former = formerNames[name];
			const shown = renamed(part);
			return [[name, shown], ...(former === undefined ? [] : [[former, shown]])];
		}),
	);
}
