import type { State } from "../state.ts";
import type { AwsApi } from "../types.ts";
export class Secrets {
	readonly api!: AwsApi;
	constructor(_state: State) {}
	ensure(_name: string, _generate: () => string): { arn: string } { throw new Error(); }
	/** By ARN or name. */
	value(_id: string): string { throw new Error(); }
}
