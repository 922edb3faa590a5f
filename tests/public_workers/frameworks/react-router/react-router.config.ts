export default { ssr: true, future: { unstable_viteEnvironmentApi: true } };
