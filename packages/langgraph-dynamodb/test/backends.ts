// The servers that the tests run on. Only this file depends on the repository: elsewhere, start another server here.

export { countTraffic } from "../../../test/support/aws-traffic.ts";
export {
	type Backend,
	backends,
	documentClient,
} from "../../cdk-local/test/services/backends.ts";
