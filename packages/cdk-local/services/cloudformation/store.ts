import type { Json } from "../../template/assembly.ts";

/** A stack of the assembly whose resources run. */
export interface RunningStack {
	name: string;
	outputs: Record<string, Json>;
	resources: { logicalId: string; type: string; physicalId: string }[];
	/** Milliseconds since 1970. */
	startedAt: number;
}
