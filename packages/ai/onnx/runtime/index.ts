// The packages that run a model: make onnx-runtime installs them in this folder only. onnxruntime-web is WebAssembly, so it
// runs on any processor; onnxruntime-node brings the binaries of every platform.
export { Tokenizer } from "@huggingface/tokenizers";
export { env, InferenceSession, Tensor } from "onnxruntime-web";
