import { queryApi, queryOperation } from "../../endpoint/query-api.ts";
import type { AwsApi } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";

/** Serves STS, which identifies the caller. */
export function stsApi(state: State): AwsApi {
	return queryApi({
		service: "sts",
		version: "2011-06-15",
		namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		// Identifying oneself needs no permission.
		permissions: () => [],
		operations: {
			GetCallerIdentity: queryOperation({}, (_input, { principal, rights }) => ({
				Account: state.account,
				UserId: `${principal?.accessKeyId}:${principal?.name}`,
				Arn: rights.caller.arn,
			})),
		},
	});
}
