module.exports = { testEnvironment: "node", testTimeout: 60_000 };
