export {
	type CdkLocal,
	type CdkLocalOptions,
	cdkLocal,
} from "./cdk-local.ts";
export { lockState, stateHolder } from "./lock.ts";
