import { queryApi, queryOperation } from "../../endpoint/query-api.ts";
import type { AwsApi } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";

/** Says who calls. */
export function stsApi(state: State): AwsApi {
	return queryApi({
		service: "sts",
		version: "2011-06-15",
		namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		// Whoever has keys may ask whose they are.
		permissions: () => [],
		operations: {
			GetCallerIdentity: queryOperation(
				{},
				(_input, { principal, rights }) => ({
					Account: state.account,
					UserId: `${principal?.accessKeyId}:${principal?.name}`,
					Arn: rights.caller.arn,
				}),
			),
		},
	});
}
