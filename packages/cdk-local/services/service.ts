import type { AwsApi } from "../endpoint/types.ts";
import type { Stores } from "../stores.ts";
import type { CreateResource } from "../template/resource.ts";

/**
 * An AWS service of the emulator. Each folder beside this file has one:
 * `store.ts` holds its state, `api.ts` is the AWS API over the store,
 * `resource.ts` creates the store's entries from a template, `index.ts` joins them.
 * A store imports neither its API nor a template. Two services keep state under another name:
 * iam in `access.ts` and `credentials.ts`, apigatewayv2 in `gateway.ts`, which is the server itself;
 * logs and sts keep none.
 */
export interface AwsService {
	/** The folder's name, which is AWS's own. */
	readonly name: string;
	/** Creates resources, by CloudFormation type. */
	readonly resources: Readonly<Record<string, CreateResource>>;
	/** The API behind the endpoint; absent where only templates use the service. */
	api?(stores: Stores): AwsApi;
	/** Begins background work once every resource exists. @returns a function that ends it */
	start?(stores: Stores): () => void | Promise<void>;
}
