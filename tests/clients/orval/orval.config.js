export default {
  blog: {
    input: "../../../docs/openapi.json",
    output: {
      target: "generated/blog-api.ts",
      client: "fetch",
      headers: true,
      baseUrl: { runtime: 'process.env["BLOG_URL"]' },
    },
  },
};
