// A dynamic import of the package would bundle all of its commands, 206 KB; of this module it bundles these.
export {
	GetParameterCommand,
	ParameterNotFound,
	SSMClient,
} from "@aws-sdk/client-ssm";
