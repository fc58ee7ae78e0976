import { queryApi, queryOperation } from "../query-api.ts";
import type { State } from "../state.ts";
import type { AwsApi } from "../types.ts";

/** Says who calls. */
export function stsApi(state: State): AwsApi {
	return queryApi({
		service: "sts",
		version: "2011-06-15",
		namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		operations: {
			GetCallerIdentity: queryOperation({}, (_input, { principal }) => {
				const name = principal?.name ?? "";
				return {
					Account: state.account,
					UserId: `${principal?.accessKeyId}:${name}`,
					Arn: `arn:aws:sts::${state.account}:assumed-role/${name}/local`,
				};
			}),
		},
	});
}
