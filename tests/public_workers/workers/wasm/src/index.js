import add from "./add.wasm";
const { exports } = await WebAssembly.instantiate(add);
export default {
  async fetch() {
    return new Response(`__RELEASE__ ${exports.add(40, 2)}`);
  },
};
