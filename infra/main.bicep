targetScope = 'subscription'

metadata name = 'Azure Advisor Reports'
metadata description = 'One resource group with everything the service stands on. No resource has a key or a password that anybody knows.'

// ---------------------------------------------------------------------------------------------------------------- where

@minLength(2)
@maxLength(20)
@description('Name of this installation, such as prod; part of names and tags.')
param environmentName string

@minLength(1)
@description('Region of all resources, such as westeurope.')
param location string

@maxLength(90)
@description('Name of the resource group; empty: made from the name of the installation.')
param resourceGroupName string = ''

@description('Tags of all resources, beside azd-env-name.')
param tags object = {}

// ------------------------------------------------------------------------------------------------------------- how big

@allowed([
  'dev'
  'production'
])
@description('Sizes: dev is as cheap as it gets, production survives the loss of a zone.')
param tier string = 'dev'

@description('Sizes other than those of the tier; sizes.json has the names.')
param sizeOverrides object = {}

// ----------------------------------------------------------------------------------------------------------------- who

@minLength(36)
@maxLength(36)
@description('Object id of the first administrator, who administers the database: a person, a group or a service principal.')
param administratorObjectId string

@minLength(1)
@maxLength(128)
@description('Sign-in name of the first administrator (of a group or service principal: its display name).')
param administratorName string

@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
@description('What the first administrator is.')
param administratorType string = 'User'

@maxLength(500)
@description('Address of the identity provider that people sign in with; empty: the directory of the subscription.')
param oidcIssuer string = ''

@minLength(1)
@description('Client id by which the identity provider knows this installation.')
param oidcAudience string

// ------------------------------------------------------------------------------------------------------------- network

@description('One switch: a private network, private endpoints, and no public access to database, broker, storage and vault.')
param privateNetworking bool = false

@description('Address ranges of the private network: whole, and of the subnets front, workers and endpoints.')
param networkPrefixes object = {
  whole: '10.71.0.0/22'
  front: '10.71.0.0/24'
  workers: '10.71.1.0/24'
  endpoints: '10.71.2.0/24'
}

@description('Whether the internet reaches the HTTP API. false is for installations with a private network and a gateway of their own.')
param publicFront bool = true

@maxLength(20)
@description('Addresses from which operators reach database and registry: objects of start, end and cidr.')
param operatorAddresses array = []

@maxLength(20)
@description('Host names of the HTTP API beside the one that Azure gives, such as advisor.contoso.com.')
param customHosts array = []

// --------------------------------------------------------------------------------------------------------------- money

@maxLength(20)
@description('Mail addresses that alerts and the budget reach.')
param alertEmails array = []

@minValue(0)
@maxValue(1000000)
@description('Budget a month, in the currency of the subscription\'s bill; 0: that of the tier.')
param monthlyBudget int = 0

@minLength(10)
@maxLength(10)
@description('First day of the budget\'s first month, as yyyy-MM-01. Keep it: a budget cannot begin anew.')
param budgetStartDate string = utcNow('yyyy-MM-01')

// ------------------------------------------------------------------------------------------------------------- product

@description('Further settings of all processes, such as REPORT_RETENTION_DAYS: texts by the names of docs/configuration.md. They win over the parameters below on mail and credentials; what the templates set by themselves wins over them.')
param furtherSettings object = {}

// ----------------------------------------------------------------------------------------------------------------- mail

@maxLength(253)
@description('Host of the relay that mail is handed to, such as smtp.azurecomm.net; empty: no mail is sent.')
param smtpHost string = ''

@minValue(1)
@maxValue(65535)
@description('Port of the relay.')
param smtpPort int = 587

@allowed([
  'starttls'
  'tls'
])
@description('How the connection to the relay is made safe; tls: from the first byte, mostly port 465.')
param smtpSecurity string = 'starttls'

@maxLength(320)
@description('User name for the relay; empty: it asks for none.')
param smtpUser string = ''

@maxLength(127)
@description('Name of the entry of the Key Vault that holds the password for the relay. The password itself goes there and nowhere else.')
param smtpVaultEntry string = ''

@maxLength(254)
@description('Address that mail comes from, such as reports@contoso.com; needed where there is a relay.')
param mailFrom string = ''

@maxLength(100)
@description('Name that stands before that address; empty: the name of the tenant whose mail it is.')
param mailFromName string = ''

@maxLength(254)
@description('Address that answers to mail go to; empty: where it came from.')
param mailReplyTo string = ''

@minValue(0)
@maxValue(100000)
@description('Mails that all workers together hand over in a minute, for relays with a quota; 0: as many as come.')
param mailPerMinute int = 0

@maxLength(64)
@description('SHA-256, in hexadecimal, of what the relay proves itself by where it reports bounces; empty: no reports are taken.')
param mailReportsHash string = ''

@maxLength(500)
@description('Address by which people reach the installation, for links in mails and webhooks; empty: that of the HTTP API.')
param publicUrl string = ''

// ---------------------------------------------------------------------------------------------------------- credentials

@minValue(1)
@maxValue(168)
@description('Hours between two checks of a stored credential.')
param credentialCheckHours int = 6

@minValue(1)
@maxValue(100)
@description('Failed checks in a row after which people are told of a credential.')
param credentialFailuresBeforeAlert int = 3

@minValue(0)
@maxValue(720)
@description('Hours after which people are told again of a credential that still fails; 0: once only.')
param credentialReminderHours int = 24

// --------------------------------------------------------------------------------------------------------------- image

@maxLength(500)
@description('Image of the worker, by digest; empty before the first deployment.')
param workerImage string = ''

@allowed([
  '16'
  '17'
  '18'
])
@description('Major version of PostgreSQL.')
param postgresVersion string = '17'

@allowed([
  '3.11'
  '3.12'
])
@description('Version of Python of the front; the same as in worker/Dockerfile.')
param pythonVersion string = '3.12'

// ----------------------------------------------------------------------------------------------------------------------

var sizes = loadJsonContent('sizes.json')
var size = union(sizes[tier], sizeOverrides)

var abbreviations = loadJsonContent('abbreviations.json')
var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var allTags = union(tags, {
  'azd-env-name': environmentName
  application: 'azure-advisor-reports'
})

var functionAppName = '${abbreviations.functionApp}${resourceToken}'
var frontHost = '${functionAppName}.azurewebsites.net'
var frontUrl = 'https://${frontHost}'
var reportContainerName = 'advisor-reports'
var packageContainerName = 'packages'
var wakeQueueNames = [
  'wake-interactive'
  'wake-reports'
]
var operatorRanges = [
  for address in operatorAddresses: address.cidr
]
// The product makes it, so that it belongs to a role of the product's own.
var databaseName = 'advisor'
// Replicas are told to end and have this long; the platform allows ten minutes.
var gracePeriodSeconds = 60

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: empty(resourceGroupName) ? '${abbreviations.resourceGroup}${environmentName}' : resourceGroupName
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    namePrefix: abbreviations.identity
    resourceToken: resourceToken
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    workspaceName: '${abbreviations.logWorkspace}${resourceToken}'
    componentName: '${abbreviations.applicationInsights}${resourceToken}'
    retentionDays: size.logRetentionDays
    dailyQuotaGb: size.logDailyQuotaGb
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  scope: group
  params: {
    location: location
    tags: allTags
    networkName: '${abbreviations.virtualNetwork}${resourceToken}'
    securityGroupPrefix: abbreviations.networkSecurityGroup
    addressPrefix: networkPrefixes.whole
    frontPrefix: networkPrefixes.front
    workersPrefix: networkPrefixes.workers
    endpointsPrefix: networkPrefixes.endpoints
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    hostAccountName: '${abbreviations.storage}host${resourceToken}'
    reportAccountName: '${abbreviations.storage}data${resourceToken}'
    sku: size.storageSku
    reportContainerName: reportContainerName
    packageContainerName: packageContainerName
    wakeQueueNames: wakeQueueNames
    softDeleteDays: size.softDeleteDays
    privateNetworking: privateNetworking
  }
}

module database 'modules/database.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    serverName: '${abbreviations.database}${resourceToken}'
    version: postgresVersion
    skuName: size.databaseSku
    skuTier: size.databaseTier
    storageGb: size.databaseStorageGb
    highAvailability: size.databaseHighAvailability
    backupRetentionDays: size.databaseBackupDays
    geoRedundantBackup: size.databaseGeoBackup
    privateNetworking: privateNetworking
    operatorAddresses: operatorAddresses
    administrators: [
      {
        objectId: administratorObjectId
        name: administratorName
        type: administratorType
      }
      {
        objectId: identity.outputs.migration.principalId
        name: identity.outputs.migration.name
        type: 'ServicePrincipal'
      }
    ]
  }
}

module cache 'modules/cache.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    cacheName: '${abbreviations.cache}${resourceToken}'
    skuName: size.cacheSku
    highAvailability: size.cacheHighAvailability
    privateNetworking: privateNetworking
    users: [
      {
        name: 'front'
        objectId: identity.outputs.front.principalId
      }
      {
        name: 'worker'
        objectId: identity.outputs.worker.principalId
      }
    ]
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    vaultName: '${abbreviations.vault}${resourceToken}'
    softDeleteDays: size.softDeleteDays
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }
}

module registry 'modules/registry.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    registryName: '${abbreviations.containerRegistry}${resourceToken}'
    skuName: size.registrySku
    privateNetworking: privateNetworking
    operatorRanges: operatorRanges
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    frontPrincipalId: identity.outputs.front.principalId
    workerPrincipalId: identity.outputs.worker.principalId
    migrationPrincipalId: identity.outputs.migration.principalId
    hostAccountName: storage.outputs.hostAccountName
    reportAccountName: storage.outputs.reportAccountName
    reportContainerName: reportContainerName
    wakeQueueNames: wakeQueueNames
    vaultName: vault.outputs.vaultName
    componentName: monitoring.outputs.componentName
    registryName: registry.outputs.registryName
  }
}

module containers 'modules/containers.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    environmentName: '${abbreviations.containerEnvironment}${resourceToken}'
    subnetId: network.?outputs.workersSubnetId ?? ''
    zoneRedundant: size.zoneRedundantWorkers
  }
}

// ------------------------------------------------------------------------------------------------------------- settings
// docs/configuration.md says what each means. A test compares the names with those the code knows and demands.

var mailSettings = {
  SMTP_HOST: smtpHost
  SMTP_PORT: string(smtpPort)
  SMTP_SECURITY: smtpSecurity
  SMTP_USER: smtpUser
  SMTP_PASSWORD_SECRET: smtpVaultEntry
  MAIL_FROM: mailFrom
  MAIL_FROM_NAME: mailFromName
  MAIL_REPLY_TO: mailReplyTo
  MAIL_PER_MINUTE: string(mailPerMinute)
  MAIL_REPORTS_KEY_SHA256: mailReportsHash
  PUBLIC_URL: publicUrl
}

var credentialSettings = {
  CREDENTIAL_HEALTH_CHECK_INTERVAL_HOURS: string(credentialCheckHours)
  CREDENTIAL_CONSECUTIVE_FAILURES_BEFORE_ALERT: string(credentialFailuresBeforeAlert)
  CREDENTIAL_REMINDER_HOURS: string(credentialReminderHours)
}

// What nobody chose is not set at all, so that the product's own default holds.
var chosenSettings = toObject(
  filter(items(union(mailSettings, credentialSettings)), setting => !empty(setting.value)),
  setting => setting.key,
  setting => setting.value
)

var commonSettings = union(chosenSettings, furtherSettings, {
  APP_ENVIRONMENT: 'production'
  DB_HOST: database.outputs.host
  DB_NAME: databaseName
  // Of each process; all of them together stay below what the server allows (35 at its smallest, 859 at D2ds_v5).
  DB_POOL_SIZE: string(size.databasePoolSize)
  BROKER_URL: cache.outputs.url
  VAULT_URL: vault.outputs.url
  STORAGE_ACCOUNT_URL: storage.outputs.reportBlobUrl
  STORAGE_CONTAINER: reportContainerName
  WAKE_QUEUE_URL: storage.outputs.wakeQueueUrl
  ALLOWED_HOSTS: join(concat([frontHost], customHosts), ',')
  API_URL: frontUrl
  OIDC_ISSUER: empty(oidcIssuer) ? '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0' : oidcIssuer
  OIDC_AUDIENCE: oidcAudience
  APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
})

var frontSettings = union(commonSettings, {
  AZURE_CLIENT_ID: identity.outputs.front.clientId
  AZURE_SERVICE_PRINCIPAL_USER: identity.outputs.front.name
  DB_SYSTEM_USER: '${identity.outputs.front.name}-upkeep'
  BROKER_USER: identity.outputs.front.principalId
})

var workerSettings = union(commonSettings, {
  AZURE_CLIENT_ID: identity.outputs.worker.clientId
  AZURE_SERVICE_PRINCIPAL_USER: identity.outputs.worker.name
  DB_SYSTEM_USER: '${identity.outputs.worker.name}-upkeep'
  BROKER_USER: identity.outputs.worker.principalId
})

// The job signs in to the database only, as its administrator; the rest is there because every process demands it.
var migrationSettings = union(commonSettings, {
  AZURE_CLIENT_ID: identity.outputs.migration.clientId
  AZURE_SERVICE_PRINCIPAL_USER: identity.outputs.migration.name
  DB_OWNER_USER: identity.outputs.migration.name
  BROKER_USER: identity.outputs.migration.principalId
})

module functions 'modules/functions.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    planName: '${abbreviations.functionPlan}${resourceToken}'
    appName: functionAppName
    serviceName: 'api'
    identity: identity.outputs.front
    hostBlobUrl: storage.outputs.hostBlobUrl
    packageContainerName: packageContainerName
    settings: frontSettings
    pythonVersion: pythonVersion
    instanceMemoryMb: size.frontMemoryMb
    maximumInstances: size.frontMaximumInstances
    alwaysReadyInstances: size.frontAlwaysReady
    requestsPerInstance: size.frontRequestsPerInstance
    zoneRedundant: size.zoneRedundantFront
    subnetId: network.?outputs.frontSubnetId ?? ''
    isPublic: publicFront
  }
  dependsOn: [
    roles
  ]
}

module interactiveWorker 'modules/worker.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    appName: '${abbreviations.containerApp}interactive-${resourceToken}'
    serviceName: 'worker'
    role: 'interactive'
    environmentId: containers.outputs.environmentId
    identity: identity.outputs.worker
    registryHost: registry.outputs.loginServer
    image: workerImage
    settings: workerSettings
    cpu: size.interactiveCpu
    memory: size.interactiveMemory
    concurrency: size.interactiveConcurrency
    minReplicas: size.interactiveMinReplicas
    maxReplicas: size.interactiveMaxReplicas
    wakeAccountName: storage.outputs.reportAccountName
    wakeQueueName: wakeQueueNames[0]
    gracePeriodSeconds: gracePeriodSeconds
  }
  dependsOn: [
    roles
  ]
}

module reportsWorker 'modules/worker.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    appName: '${abbreviations.containerApp}reports-${resourceToken}'
    serviceName: ''
    role: 'reports'
    environmentId: containers.outputs.environmentId
    identity: identity.outputs.worker
    registryHost: registry.outputs.loginServer
    image: workerImage
    settings: workerSettings
    cpu: size.reportsCpu
    memory: size.reportsMemory
    concurrency: size.reportsConcurrency
    minReplicas: size.reportsMinReplicas
    maxReplicas: size.reportsMaxReplicas
    wakeAccountName: storage.outputs.reportAccountName
    wakeQueueName: wakeQueueNames[1]
    gracePeriodSeconds: gracePeriodSeconds
  }
  dependsOn: [
    roles
  ]
}

module migration 'modules/migration.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    jobName: '${abbreviations.containerAppJob}migration-${resourceToken}'
    environmentId: containers.outputs.environmentId
    identity: identity.outputs.migration
    registryHost: registry.outputs.loginServer
    image: workerImage
    settings: migrationSettings
    front: identity.outputs.front
    worker: identity.outputs.worker
  }
  dependsOn: [
    roles
  ]
}

// ------------------------------------------------------------------------------------------------------ private network

module privateEndpoints 'modules/privateEndpoints.bicep' = if (privateNetworking) {
  scope: group
  params: {
    location: location
    tags: allTags
    namePrefix: abbreviations.privateEndpoint
    networkId: network.?outputs.networkId ?? ''
    subnetId: network.?outputs.endpointsSubnetId ?? ''
    hostAccountId: storage.outputs.hostAccountId
    reportAccountId: storage.outputs.reportAccountId
    vaultId: vault.outputs.vaultId
    databaseServerId: database.outputs.serverId
    cacheId: cache.outputs.cacheId
    registryId: registry.outputs.registryId
    functionAppId: publicFront ? '' : functions.outputs.appId
  }
}

// ------------------------------------------------------------------------------------------------------------- watching

module diagnostics 'modules/diagnostics.bicep' = {
  scope: group
  params: {
    workspaceId: monitoring.outputs.workspaceId
    functionAppName: functions.outputs.appName
    environmentName: containers.outputs.environmentName
    databaseServerName: database.outputs.serverName
    cacheName: cache.outputs.cacheName
    vaultName: vault.outputs.vaultName
    registryName: registry.outputs.registryName
    hostAccountName: storage.outputs.hostAccountName
    reportAccountName: storage.outputs.reportAccountName
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    actionGroupName: '${abbreviations.actionGroup}${resourceToken}'
    emailAddresses: alertEmails
    namePrefix: 'alert-${environmentName}-'
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    databaseServerId: database.outputs.serverId
    cacheId: cache.outputs.cacheId
    readinessUrl: size.readinessTest && publicFront ? '${frontUrl}/health/ready' : ''
  }
}

module budget 'modules/budget.bicep' = {
  scope: group
  params: {
    budgetName: '${abbreviations.budget}${environmentName}'
    monthlyAmount: monthlyBudget == 0 ? size.monthlyBudget : monthlyBudget
    startDate: budgetStartDate
    emailAddresses: alertEmails
    actionGroupId: alerts.outputs.actionGroupId
  }
}

// -------------------------------------------------------------------------------------------------------------- outputs
// azd keeps them as environment variables; the scripts in infra/hooks read them. None is a secret.

@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Host name of the registry; azd pushes the worker image there.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.loginServer

@description('Address of the HTTP API.')
output API_URL string = frontUrl

@description('Name of the Functions app.')
output FUNCTION_APP_NAME string = functions.outputs.appName

@description('Name of the app of the role interactive.')
output INTERACTIVE_WORKER_NAME string = interactiveWorker.outputs.appName

@description('Name of the app of the role reports.')
output REPORTS_WORKER_NAME string = reportsWorker.outputs.appName

@description('Name of the migration job.')
output MIGRATION_JOB_NAME string = migration.outputs.jobName

@description('Host name of the database.')
output DB_HOST string = database.outputs.host

@description('Name of the database.')
output DB_NAME string = databaseName

@description('Whether the database can be reached from outside the private network.')
output DATABASE_IS_PUBLIC bool = database.outputs.isPublic

@description('Sign-in name of the database\'s administrator.')
output DB_ADMINISTRATOR string = administratorName

@description('Login and object id of the front, as prepare-database takes them.')
output FRONT_IDENTITY string = '${identity.outputs.front.name}=${identity.outputs.front.principalId}'

@description('Login and object id of the workers, as prepare-database takes them.')
output WORKER_IDENTITY string = '${identity.outputs.worker.name}=${identity.outputs.worker.principalId}'

@description('Address of the broker.')
output BROKER_URL string = cache.outputs.url

@description('Blob endpoint of uploads and reports.')
output STORAGE_ACCOUNT_URL string = storage.outputs.reportBlobUrl
