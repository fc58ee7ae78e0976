import type { State } from "../state.ts";
import type { AwsApi } from "../types.ts";

/** One CORS rule of a bucket, as the template gives it. */
export interface CorsRule {
	allowedOrigins: string[];
	allowedMethods: string[];
	allowedHeaders?: string[];
	exposedHeaders?: string[];
	maxAgeSeconds?: number;
}
/** What S3 tells EventBridge about a new object. */
export interface ObjectCreated {
	bucket: string;
	key: string;
	size: number;
	etag: string;
	/** Null where the bucket keeps no versions. */
	versionId: string | null;
	requestId: string;
	/** Grows with every object of a key. */
	sequencer: string;
	reason: "PutObject" | "CopyObject";
}
export class Buckets {
	readonly api!: AwsApi;
	constructor(_state: State, _hooks: { onObjectCreated(event: ObjectCreated): void }) {}
	ensure(_name: string, _options: { cors?: CorsRule[]; versioned: boolean }): void {}
}
