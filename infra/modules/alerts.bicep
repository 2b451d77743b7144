metadata description = 'Alerts, and whom they reach. docs/operations.md says what to do about each.'

@minLength(1)
@description('Where the rules are kept.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the action group.')
param actionGroupName string

@maxLength(20)
@description('Who gets mail; empty: nobody, alerts are only seen in the portal.')
param emailAddresses array

@minLength(1)
@description('Beginning of the names of the rules.')
param namePrefix string

@minLength(1)
@description('Id of the log workspace.')
param workspaceId string

@minLength(1)
@description('Id of the Application Insights component.')
param componentId string

@minLength(1)
@description('Id of the PostgreSQL server.')
param databaseServerId string

@minLength(1)
@description('Id of the cache.')
param cacheId string

@maxLength(1000)
@description('Address whose readiness is asked from outside; empty: it is not.')
param readinessUrl string

var people = [
  for (address, index) in emailAddresses: {
    name: 'person-${index}'
    emailAddress: address
    useCommonAlertSchema: true
  }
]

resource reachable 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'advisor'
    enabled: true
    emailReceivers: people
  }
}

// Lines of front and workers, whichever way they came, as one column `line` of JSON.
var lines = '''
union isfuzzy=true
    (ContainerAppConsoleLogs | project TimeGenerated, text = Log),
    (AppTraces | project TimeGenerated, text = Message)
| where text startswith "{" and text has "action"
| extend line = parse_json(text)
| extend action = tostring(line.action)
'''

var logRules = [
  {
    name: 'jobs-fail'
    title: 'Jobs fail'
    description: 'Three jobs or more failed for good within a quarter of an hour.'
    severity: 2
    window: 'PT15M'
    query: '${lines}| where action == "job_failed"'
    operator: 'GreaterThanOrEqual'
    threshold: 3
  }
  {
    name: 'work-waits'
    title: 'Work waits'
    description: 'A job has been due for more than a quarter of an hour and no worker took it.'
    severity: 1
    window: 'PT15M'
    query: '${lines}| where action == "backlog" and toint(line.oldest_waits_s) > 900'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'nobody-ticks'
    title: 'Nobody ticks'
    description: 'Neither the timer nor a worker has looked for lost jobs in the last half hour.'
    severity: 1
    window: 'PT30M'
    query: '${lines}| where action == "backlog"'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'timer-stands-still'
    title: 'The timer stands still'
    description: 'The Functions timer did not run in the last half hour; sleeping workers are woken late.'
    severity: 2
    window: 'PT30M'
    query: 'AppRequests | where OperationName == "tick" and Success'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'recurring-work-fails'
    title: 'Recurring work fails'
    description: 'Schedules, sweeps, upkeep or other recurring work failed three times or more within an hour.'
    severity: 2
    window: 'PT1H'
    query: '${lines}| where action in ("tick_failed", "upkeep_failed", "secret_upkeep_failed", "schedule_broken")'
    operator: 'GreaterThanOrEqual'
    threshold: 3
  }
  {
    name: 'sign-in-fails'
    title: 'Sign-in fails'
    description: 'A process could not renew its tokens, or a worker refused to run.'
    severity: 1
    window: 'PT15M'
    query: '${lines}| where action in ("worker_refused", "token_refresh_failed")'
    operator: 'GreaterThan'
    threshold: 5
  }
  {
    name: 'credentials-fail'
    title: 'Credentials fail'
    description: 'A stored credential failed several checks in a row, and what depends on it gets nothing.'
    severity: 2
    window: 'PT15M'
    query: '${lines}| where action == "credentials_failing"'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'mail-fails'
    title: 'Mail fails'
    description: 'The relay of mail took ten mails or more not, or could not be used, within an hour.'
    severity: 2
    window: 'PT1H'
    query: '${lines}| where action in ("mail_not_accepted", "mail_not_written")'
    operator: 'GreaterThanOrEqual'
    threshold: 10
  }
  {
    name: 'requests-fail'
    title: 'Requests fail'
    description: 'Ten requests or more were answered with a server error within a quarter of an hour.'
    severity: 2
    window: 'PT15M'
    query: 'AppRequests | where toint(ResultCode) >= 500'
    operator: 'GreaterThanOrEqual'
    threshold: 10
  }
]

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in logRules: {
    name: '${namePrefix}${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [
        workspaceId
      ]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      autoMitigate: true
      // Tables appear with their first line, after the first deployment.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            query: rule.query
            timeAggregation: 'Count'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [
          reachable.id
        ]
      }
    }
  }
]

var metricRules = [
  {
    name: 'database-down'
    description: 'The database is not available.'
    severity: 0
    resourceId: databaseServerId
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    metric: 'is_db_alive'
    aggregation: 'Maximum'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'database-busy'
    description: 'The database uses more than 85 % of its processors.'
    severity: 2
    resourceId: databaseServerId
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    metric: 'cpu_percent'
    aggregation: 'Average'
    operator: 'GreaterThan'
    threshold: 85
  }
  {
    name: 'database-full'
    description: 'The database uses more than 85 % of its disk.'
    severity: 1
    resourceId: databaseServerId
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    metric: 'storage_percent'
    aggregation: 'Average'
    operator: 'GreaterThan'
    threshold: 85
  }
  {
    name: 'broker-full'
    description: 'The broker uses more than 80 % of its memory; full, it takes no more jobs.'
    severity: 1
    resourceId: cacheId
    namespace: 'Microsoft.Cache/redisEnterprise'
    metric: 'usedmemorypercentage'
    aggregation: 'Maximum'
    operator: 'GreaterThan'
    threshold: 80
  }
]

resource metricAlert 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for rule in metricRules: {
    name: '${namePrefix}${rule.name}'
    location: 'global'
    tags: tags
    properties: {
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [
        rule.resourceId
      ]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: rule.name
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: rule.namespace
            metricName: rule.metric
            timeAggregation: rule.aggregation
            operator: rule.operator
            threshold: rule.threshold
          }
        ]
      }
      actions: [
        {
          actionGroupId: reachable.id
        }
      ]
    }
  }
]

resource readiness 'Microsoft.Insights/webtests@2022-06-15' = if (!empty(readinessUrl)) {
  name: '${namePrefix}readiness'
  location: location
  tags: union(tags, {
    'hidden-link:${componentId}': 'Resource'
  })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${namePrefix}readiness'
    Name: 'Readiness of the HTTP API'
    Description: 'Asked from three places, every five minutes.'
    Enabled: true
    Kind: 'standard'
    Frequency: 300
    Timeout: 60
    RetryEnabled: true
    Locations: [
      {
        Id: 'emea-nl-ams-azr'
      }
      {
        Id: 'us-va-ash-azr'
      }
      {
        Id: 'apac-sg-sin-azr'
      }
    ]
    Request: {
      RequestUrl: readinessUrl
      HttpVerb: 'GET'
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 14
    }
  }
}

resource notReady 'Microsoft.Insights/metricAlerts@2026-01-01' = if (!empty(readinessUrl)) {
  name: '${namePrefix}not-ready'
  location: 'global'
  tags: tags
  properties: {
    description: 'The HTTP API is not ready, as seen from two places or more.'
    severity: 0
    enabled: true
    scopes: [
      readiness.id
      componentId
    ]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: readiness.id
      componentId: componentId
      failedLocationCount: 2
    }
    actions: [
      {
        actionGroupId: reachable.id
      }
    ]
  }
}

@description('Id of the action group.')
output actionGroupId string = reachable.id
