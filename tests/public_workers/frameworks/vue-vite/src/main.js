import { createApp, h } from "vue";

createApp({ render: () => h("h1", "__RELEASE__") }).mount("#app");
